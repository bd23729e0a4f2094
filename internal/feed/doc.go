// Package feed tells the parts of one process what becomes of sessions.
//
// It owns the one reader of the store's feed and who listens to which session. What is told is a hint to look, or that the session ended and why:
// whoever listens reads the session itself. Touches of this process are told at once, those of others when they reach the disk.
// It knows nothing of browsers; internal/op/events streams to them.
package feed
