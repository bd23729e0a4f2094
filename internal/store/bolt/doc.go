// Package bolt is the engine of the store for one machine: one bbolt file, written by one goroutine, and a journal beside it.
//
// It owns the file: its lock, its mode, how it grows and how it is left behind. The writer takes one waiting closure and then
// whatever else waits, runs each in turn inside one bbolt transaction, and answers all. A closure that fails is undone
// by its notes, so nobody else in the group notices. A group waits at most half a commit, and only for callers who were just answered (pace).
//
// A group is answered when it is committed; if it did nothing but put into relaxed buckets, when the journal has it, which no wait for the disk ends.
// The transaction then stays open for the next groups, a tenth of a second at most. Open commits what a process that was killed left in its journal.
// Views run beside the writer, in their caller's goroutine, on bbolt's snapshots, with what only the journal has laid over them (ahead).
//
// The free list is not written with each commit but once, by Close. After a crash Open finds the free pages by a scan,
// about a second per million sessions.
//
// It knows no record and no clock. The contract is package kv, its tests are package kvtest, the buckets come from package store.
package bolt
