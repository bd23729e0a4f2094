// Package seldom lets something be said, but not as often as strangers wish.
//
// It owns Line: one line of the log a while, with the count of those that were kept back. Its neighbours are packages that log what anybody can cause.
package seldom
