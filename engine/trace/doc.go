// Package trace keeps what a run did as a list of events that only grows: JSON, one event a line.
//
// An event says what was asked of whom and answered, which way was taken, which page was shown, what was typed, and how it ended. Secrets are
// not in it: that one was given is kept, and, by a key that is written nowhere, a hash that tells whether two are the same. Replay walks a flow,
// the same or a later one, by the events of a run without asking anybody again, and names the first step that now goes otherwise. Fork answers
// a page of a run otherwise, Look shows what stood there, Case writes the run down as a test.
//
// It listens to a machine of package run, and starts nothing by itself. Traces hold names and addresses of people: treat them as such.
package trace
