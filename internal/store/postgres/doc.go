// Package postgres is the engine of the store for several machines: one schema of a PostgreSQL database, a table for each bucket.
//
// It owns the connection, the tables and how closures become statements. A closure of Update runs in its caller, outside any transaction:
// what it reads is noted with versions, what it writes is kept, and everything is sent in one round trip that fails if a version changed.
// Who lost runs again, the third time with the rows locked that were read before. A View of one question is one statement;
// one of several is a read-only transaction on one snapshot.
//
// A Log is read up to the last number below which nobody can still commit. NOTIFY wakes other nodes and is sent apart from every
// transaction; it may be lost, so readers also look by themselves.
//
// Behind a pooler each transaction may be another session of the database. Then nothing is used that belongs to a session.
//
// It knows no record and no clock but its own patience. The contract is package kv, its tests are package kvtest, the buckets come from
// package store. The other engine is package bolt.
package postgres
