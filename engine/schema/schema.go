package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"vigil/engine/compile"
	"vigil/engine/connector"
	"vigil/engine/vocabulary"
)

// object is a piece of a schema.
type object = map[string]any

const (
	expressionPattern = "^= +[^ ]"
	noMark            = "^=([^ ]|$)" // a mark without its space
	durationPattern   = `^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$`
	namePattern       = "^[a-z][A-Za-z0-9]*$"
	flowNamePattern   = "^[a-z][a-z0-9-]*$"
)

// JSON writes the schema of flows that have these capabilities.
func JSON(registry *connector.Registry) ([]byte, error) {
	definitions := object{}
	for _, m := range vocabulary.Maps() {
		definitions[m.Name] = mapOf(&m)
	}
	definitions["edge"] = object{"anyOf": []any{object{"type": "string", "pattern": namePattern, "description": "The node to go to."}, edge(sub(definitions, "edge"))}}
	definitions["choice"] = edge(sub(definitions, "choice"))
	definitions["declaration"] = object{"anyOf": []any{typeName(), declaration(sub(definitions, "declaration"))}}
	definitions["field"] = field(sub(definitions, "field"))
	nodes := sub(definitions, "nodes")
	nodes["minProperties"], nodes["maxProperties"] = 1, 200
	nodes["propertyNames"] = object{"pattern": namePattern, "maxLength": 64, "not": object{"enum": compile.NoNodeNames()}}
	sub(definitions, "outcomes")["minProperties"], sub(definitions, "outcomes")["maxProperties"] = 1, 20
	definitions["node"] = node(sub(definitions, "node"), registry)
	root := sub(definitions, vocabulary.Top)
	delete(definitions, vocabulary.Top)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Vigil flow"
	root["definitions"] = definitions
	root["if"], root["then"] = object{"not": has("outcomes")}, signOnFlow(append(registry.Methods(), connector.Classes()...))
	return json.MarshalIndent(root, "", " ")
}

// sub is the object under a key; writing into one that is not there panics.
func sub(o object, key string) object {
	under, _ := o[key].(object)
	return under
}

// signOnFlow is what holds for flows that are no parts.
func signOnFlow(methods []string) object {
	success, failure := compile.EndInputs()
	ends := object{"properties": object{"end": object{"enum": []string{"success", "error"}}}, "allOf": []any{
		object{"if": isConst("end", "success"), "then": withMethods(with(success), methods)},
		object{"if": isConst("end", "error"), "then": withCode(with(failure))},
	}}
	return object{"properties": object{"inputs": false, "nodes": object{"additionalProperties": ends}}}
}

// mapOf describes a map by the vocabulary.
func mapOf(m *vocabulary.Map) object {
	o := object{"type": "object"}
	if m.Free != "" {
		o["propertyNames"] = object{"pattern": namePattern, "maxLength": 64}
		if m.Free == "value" {
			o["additionalProperties"] = true
		} else {
			o["additionalProperties"] = ref(m.Free)
		}
		if m.Name == "exits" || m.Name == "values" || m.Name == "declarations" {
			return object{"anyOf": []any{o, object{"type": "null"}}}
		}
		return o
	}
	properties, required := object{}, []string{}
	for _, k := range m.Keys {
		properties[k.Name] = described(holds(k), k.Doc)
		if k.Required {
			required = append(required, k.Name)
		}
	}
	o["properties"], o["additionalProperties"] = properties, false
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// holds describes what stands behind a key.
func holds(k vocabulary.Key) object {
	switch k.Holds {
	case vocabulary.Nested:
		return ref(k.Of)
	case vocabulary.List:
		return object{"type": "array", "items": ref(k.Of), "maxItems": 50}
	case vocabulary.FlowName:
		return object{"type": "string", "pattern": flowNamePattern}
	case vocabulary.NodeName, vocabulary.Outcome, vocabulary.Work:
		return object{"type": "string"}
	case vocabulary.Name:
		return object{"type": "string", "pattern": "^[a-z][A-Za-z0-9-]*$", "not": object{"enum": []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}}}
	case vocabulary.Text:
		return object{"type": []string{"string", "number", "boolean"}, "maxLength": 2000, "not": object{"pattern": noMark}}
	case vocabulary.Condition:
		return object{"anyOf": []any{expression(), object{"type": "boolean"}}}
	case vocabulary.Duration:
		return duration()
	case vocabulary.Count:
		return object{"type": "integer", "minimum": 1, "maximum": 100}
	case vocabulary.Bool:
		return object{"type": "boolean"}
	case vocabulary.TypeName:
		return typeName()
	case vocabulary.Layout:
		return object{"enum": compile.Layouts()}
	case vocabulary.FieldType:
		return object{"enum": compile.FieldTypes()}
	case vocabulary.Link:
		return object{"const": "link"}
	}
	return object{}
}

func ref(name string) object { return object{"$ref": "#/definitions/" + name} }

func has(key string) object { return object{"required": []string{key}} }

func isConst(key, value string) object {
	return object{"required": []string{key}, "properties": object{key: object{"const": value}}}
}

// described puts words beside a piece. Draft 7 knows nothing beside a reference, so that goes inside.
func described(o object, words string) object {
	if words == "" {
		return o
	}
	if _, refers := o["$ref"]; refers {
		return object{"allOf": []any{o}, "description": words}
	}
	o["description"] = words
	return o
}

func expression() object { return object{"type": "string", "pattern": expressionPattern} }

func duration() object { return object{"type": "string", "pattern": durationPattern, "minLength": 2} }

func typeName() object {
	var words []string
	for _, kind := range connector.Kinds() {
		if kind != connector.List {
			words = append(words, string(kind))
		}
	}
	one := "(" + strings.Join(words, "|") + ")"
	return object{"type": "string", "pattern": "^(" + one + "|list<" + one + `>)\??$`}
}

// edge adds to the map of an edge what its keys want of each other.
func edge(o object) object {
	o["dependencies"] = object{"field": []string{"message"}}
	return o
}

// declaration adds to the map of a declaration what its default is.
func declaration(o object) object {
	var cases []any
	for _, kind := range []connector.Kind{connector.String, connector.Bool, connector.Number, connector.Duration, connector.Time, connector.Object} {
		cases = append(cases, object{
			"if":   object{"required": []string{"type"}, "properties": object{"type": object{"enum": []string{string(kind), string(kind) + "?"}}}},
			"then": object{"properties": object{"default": literal(connector.Type{Kind: kind})}},
		})
	}
	cases = append(cases, object{
		"if":   object{"required": []string{"type"}, "properties": object{"type": object{"pattern": "^list<"}}},
		"then": object{"properties": object{"default": object{"type": "array", "maxItems": 200}}},
	})
	o["allOf"] = cases
	return o
}

// withCode says that the code of an error is one of those that there are.
func withCode(o object) object {
	properties := sub(sub(sub(o, "properties"), "with"), "properties")
	properties["code"] = described(object{"enum": connector.EndCodes()}, "One of the codes, written out.")
	return o
}

// withMethods says that required methods are written out, and which there are.
func withMethods(o object, methods []string) object {
	properties := sub(sub(sub(o, "properties"), "with"), "properties")
	properties["requires"] = described(object{"type": "array", "maxItems": 200, "items": object{"enum": methods}}, "The methods that must be proved, written out.")
	return o
}

// options are a list, a map of values and labels, or an expression.
func options() object {
	text := object{"type": []string{"string", "number", "boolean"}}
	return object{"anyOf": []any{expression(), object{"type": "array", "items": text, "maxItems": 200}, object{"type": "object", "additionalProperties": text, "maxProperties": 200}}}
}

// field adds to the map of a field what its type wants.
func field(o object) object {
	properties := sub(o, "properties")
	properties["options"] = described(options(), fmt.Sprint(sub(properties, "options")["description"]))
	o["allOf"] = []any{
		object{"if": isConst("type", "choice"), "then": has("options"), "else": object{"properties": object{"options": false}}},
		object{"if": isConst("type", "passkey"), "then": object{"properties": object{"required": false}}},
		object{"if": isConst("type", "effort"), "then": object{"required": []string{"value"}}},
		object{"if": isConst("type", "newPasskey"), "then": object{"required": []string{"account"}, "properties": object{"required": false}}},
		object{
			"if":   object{"required": []string{"type"}, "properties": object{"type": object{"enum": []string{"passkey", "newPasskey"}}}},
			"else": object{"properties": object{"account": false}},
		},
		object{"if": isConst("type", "external"), "then": object{"required": []string{"provider"}, "properties": object{"required": false}}, "else": object{"properties": object{"provider": false}}},
	}
	return o
}
