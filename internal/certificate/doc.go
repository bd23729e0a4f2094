// Package certificate reads the certificates that a server shows, from pairs of files.
//
// It owns the pair, what can be wrong with one, which names it is for and until when. It is read when the configuration is checked, when a
// server starts, and whenever the files change.
//
// It does not listen and does not ask an authority for anything: package listen does. Neighbours: internal/config, internal/listen.
package certificate
