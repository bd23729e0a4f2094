package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/compile"
	"vigil/engine/connector"
	"vigil/engine/expression"
	"vigil/flows"
)

// values lists what ends take, what can be read of a value, and the functions of expressions.
func values(b *bytes.Buffer) {
	b.WriteString("\n## Ends\n\nA part ends in one of its `outcomes`, with what that gives, or in `error`.\n")
	success, failure := compile.EndInputs()
	for _, end := range []struct {
		name   string
		inputs []connector.Field
	}{{"success", success}, {"error", failure}} {
		fmt.Fprintf(b, "\n**end: %s**\n\n| with | type | |\n|---|---|---|\n", end.name)
		for _, input := range end.inputs {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", input.Name, input.Type, input.Doc)
		}
	}
	fmt.Fprintf(b, "\nThe codes are `%s`.\n", strings.Join(connector.EndCodes(), "`, `"))
	b.WriteString("\n## Values\n\nWhat can be read of a value, such as `verify.user.email`. A text that nobody gave is empty, and so is `attributes.x` or `properties.x` that is not there.\n\n| of | there is |\n|---|---|\n")
	for _, kind := range []connector.Kind{connector.Account, connector.Session, connector.Device, connector.DeviceRequest} {
		name := string(kind)
		if kind == connector.Account {
			name = "account, user"
		}
		fmt.Fprintf(b, "| %s | %s |\n", name, fields(expression.Fields(kind)))
	}
	fmt.Fprintf(b, "| request | %s |\n| error, of a node that failed | `code` string |\n", fields(compile.RequestFields()))
	b.WriteString("\n**Functions**\n\n| for example | |\n|---|---|\n")
	for _, use := range expression.Uses() {
		fmt.Fprintf(b, "| `%s` | %s |\n", use.Call, use.Doc)
	}
}

// fields names fields with their types, those of objects below them.
func fields(list []connector.Field) string {
	var all []string
	for _, f := range list {
		if len(f.Type.Fields) == 0 {
			all = append(all, fmt.Sprintf("`%s` %s", f.Name, f.Type))
		}
		for _, below := range f.Type.Fields {
			all = append(all, fmt.Sprintf("`%s.%s` %s", f.Name, below.Name, below.Type))
		}
	}
	return strings.Join(all, ", ")
}

// inside names the fields of an object. Empty: none are known.
func inside(t connector.Type) string {
	if len(t.Fields) == 0 {
		return ""
	}
	return " It has " + fields(t.Fields) + "."
}

// shipped lists the flows that come with Vigil.
func shipped(t *testing.T, b *bytes.Buffer) {
	t.Helper()
	library, found := engine.Load(flows.Files, capabilities())
	if library == nil {
		t.Fatal(found)
	}
	b.WriteString("\n## Flows that ship\n\nThey lie in `flows/` of the source with their tests, and serve where the configuration names no folder. Parts are called by others.\n\n| flow | |\n|---|---|\n")
	for _, flow := range library.Flows() {
		part := ""
		if flow.Part {
			part = " (part)"
		}
		fmt.Fprintf(b, "| `%s`%s | %s |\n", flow.Name, part, flow.Title)
	}
}
