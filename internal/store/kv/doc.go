// Package kv is the contract of the store: an ordered key-value space with closures that commit atomically.
//
// It owns the interfaces, their limits and their errors, and what an engine must promise. It holds no engine and knows no record:
// package bolt is the engine of one machine, package kvtest holds the tests that every engine passes and a deliberately weak engine,
// package store writes every record once over this contract.
package kv
