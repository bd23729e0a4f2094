// Package trace keeps what a run did as a list of events that only grows: JSON, one event a line.
//
// An event says what was asked of whom and answered, which way was taken, which page was shown, what was typed, and how it ended. Secrets are
// not in it, neither whole nor hashed: that one was given is all that is kept. Replay walks a flow, the same or a later one, by the events of
// a run without asking anybody again, and names the first step that now goes otherwise. Case writes the run down as a test.
//
// It listens to a machine of package run, and starts nothing by itself. Traces hold names and addresses of people: treat them as such.
package trace
