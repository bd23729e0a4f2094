// Package schema describes flow files to editors: a JSON Schema (draft 7, which YAML editors read) by which they complete keys, capabilities,
// inputs and outcomes, show their descriptions, and underline what is not of the language.
//
// It is made of the vocabulary, of the declarations of the capabilities, and of the types. What only a walk through the flow can tell (names
// of nodes, values that are not there yet, proofs) is the compiler's.
package schema
