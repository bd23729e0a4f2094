// Package run walks a compiled flow: one step in, one effect out.
//
// Start begins a run, Step takes what a person answered, Redisplay shows the present page again. Between steps a run is a State: plain data
// that hosts spell as bytes, holds no secret and stays under 64 KiB. An Effect is a Page to show, a Success to start or join a session with, or a Failure.
//
// Open begins the second run of a link, which ends in an Answered; a form of the first run that waits polls for it (Input.Poll).
//
// Everything fails closed: a capability that fails, hangs, panics or breaks its declaration leaves its node by `error`; where nothing is wired
// for that, the run fails. Success needs a user proved in this run or by the live session; the engine keeps the proofs, capabilities only claim them.
//
// It does no I/O of its own, stores nothing, and starts no session. Its neighbours: graph is what it walks, connector what it calls;
// the host of flows serves it to browsers.
package run
