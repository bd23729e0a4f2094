package compile

import (
	"slices"

	"vigil/engine/connector"
)

// EndInputs gives what the two endings of a sign-on flow take, for the schema and the manual.
func EndInputs() (success, failure []connector.Field) {
	return slices.Clone(successInputs), slices.Clone(errorInputs)
}

// FieldTypes gives the types of fields, in the order of the manual.
func FieldTypes() []string { return slices.Clone(fieldTypes) }
