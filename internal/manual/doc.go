// Package manual holds README and docs/ to the truth: what they show is run, and what is generated in them is compared with the code.
//
// It has tests only. `go test ./internal/manual -update` writes the generated pages anew.
package manual
