// Package bolt is the engine of the store for one machine: one bbolt file, written by one goroutine.
//
// It owns the file: its lock, its mode, how it grows and how it is left behind. The writer takes one waiting closure and then
// whatever else waits, runs each in turn inside one bbolt transaction, commits once and answers all. A closure that fails is undone
// from a journal, so nobody else in the group notices. A group waits at most half a commit, and only for callers who were just answered (pace).
// Views run beside the writer, in their caller's goroutine, on bbolt's snapshots.
//
// The free list is not written with each commit but once, by Close. After a crash Open finds the free pages by a scan,
// about a second per million sessions.
//
// It knows no record and no clock. The contract is package kv, its tests are package kvtest, the buckets come from package store.
package bolt
