// Package server wires everything together. Main and the tests build the server through the same New.
//
// It owns the order of construction, the listeners, readiness and the graceful stop. It decides nothing else: every rule lives in the package it is about.
package server
