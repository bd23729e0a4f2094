// Package endtoend holds what only the whole provider in a real browser can show: people who sign on by a flow, applications that watch
// the session through Vigil's SDK and through a client library of somebody else, and attackers who own a neighbouring host.
//
// It owns no code that serves. Its tests build the server as main does, on a bbolt file and a port of its own, and open tabs in Chromium;
// idle times are seconds, on the clock of the wall. The pages of the foreign applications are internal/interop's; promises that need no
// browser are scripts of internal/spectest; what the check-session page alone must hold is tested beside it, in iframe.
package endtoend
