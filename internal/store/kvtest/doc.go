// Package kvtest holds the tests that every engine of the store passes, and two engines that exist for tests.
//
// It owns Run, the contract of package kv as tests; Weak, an engine in memory that keeps exactly what the contract promises and
// breaks everything else; and DoubleRun, which runs each closure twice on any engine and compares.
// Tests of records run on the bolt engine under DoubleRun and on Weak: what passes on both does not lean on bolt's strength.
//
// It is imported by tests only. It knows no record: its buckets are its own.
package kvtest
