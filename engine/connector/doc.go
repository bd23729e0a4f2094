// Package connector says what a capability of a flow is: its name, its typed inputs, its outcomes with their outputs, and the work it does.
//
// It owns the types and the run-time values of the flow language and the registry. Package builtin holds the capabilities that ship;
// the compiler reads a capability's declaration to prove a flow, the run package calls its Run.
package connector
