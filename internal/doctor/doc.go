// Package doctor examines a provider from outside, as a browser meets it: names, certificates, and whatever stands in front of the server.
//
// It owns the checks, one file for each thing that is examined, and the words: what is found, why it matters, and the line that mends it in
// nginx, Apache and Caddy. What can be seen by anybody it sees by itself; what arrives at the server it asks the server, with a ticket.
//
// It changes nothing and signs nobody on. Neighbours: internal/probe answers its questions, internal/site knows what a site is; cmd/vigil
// shows what it finds.
package doctor
