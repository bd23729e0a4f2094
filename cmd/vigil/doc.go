// Command vigil is the whole product in one binary: the server, the check of its files, the demonstration, and what operators do to a store.
//
// One file is one command: serve, check, doctor, demo, version, user, session, audit, client, keys, flow. Each says on standard error what is wrong and
// leaves one of four exit codes: 0 done, 1 refused or failed, 2 warnings where --strict was asked for, 3 not understood.
//
// It decides nothing about the protocol. Neighbours: internal/config reads the configuration, internal/server serves, internal/admin changes
// the store, engine judges flows.
package main
