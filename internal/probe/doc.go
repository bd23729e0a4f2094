// Package probe lets the operator's own command ask a server how its requests arrive, through whatever stands in between.
//
// It owns the tickets of such a command, which the server gives on its administration socket alone, and three answers to requests that carry
// one: what arrived (Echo), a stream with a silence in it (Stream), and the usual answer with a note of the headers that it left with (Pass).
// Without a ticket that is good the header counts for nothing: strangers cannot tell that there is such a thing.
//
// It judges nothing: package doctor does. Neighbours: internal/server puts it before all handlers, internal/doctor sends what it answers.
package probe
