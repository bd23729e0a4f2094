// Package kv is the contract of the store: an ordered key-value space with closures that commit atomically.
//
// It owns the interfaces, their limits and their errors, what an engine must promise, and the checks (Meter, CheckGet, CheckScan,
// CheckTail, CheckPrune) by which every engine refuses the same things. It holds no engine and knows no record:
// package bolt is the engine of one machine, package kvtest holds the tests that every engine passes and a deliberately weak engine,
// package store writes every record once over this contract.
package kv
