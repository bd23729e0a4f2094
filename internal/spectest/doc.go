// Package spectest runs promises to users that are written as scripts: an actor, what they do, the expected answer.
//
// It owns the scripts in testdata and the small language they are written in: a browser with cookies that expire, a clock that is turned by hand,
// and a real server on a real bbolt file. It has no code that serves; see TestPromises for the words of the language.
package spectest
