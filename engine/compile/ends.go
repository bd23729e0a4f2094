package compile

import (
	"slices"

	"vigil/engine/connector"
	"vigil/engine/expression"
)

// EndInputs gives what the two endings of a sign-on flow take, for the schema and the manual.
func EndInputs() (success, failure []connector.Field) {
	return slices.Clone(successInputs), slices.Clone(errorInputs)
}

// RequestFields gives what references to request read, for the manual.
func RequestFields() []connector.Field { return slices.Clone(requestFields) }

// NoNodeNames are words that cannot name nodes: references begin with them, or expressions have them.
func NoNodeNames() []string {
	return slices.Concat(roots, []string{"in", "not", "and", "or", "contains", "matches", "startsWith", "endsWith", "let", "if", "else", "nil"},
		[]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, expression.Functions())
}

// FieldTypes gives the types of fields, in the order of the manual.
func FieldTypes() []string { return slices.Clone(fieldTypes) }
