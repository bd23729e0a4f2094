package schema

import (
	"vigil/engine/connector"
)

// verbs are the keys of which a node has exactly one.
var verbs = []string{"form", "do", "choose", "call", "end"}

// node adds to the map of a node what its verb wants, and for every capability its inputs and outcomes.
func node(o object, registry *connector.Registry) object {
	one := make([]any, len(verbs))
	for i, verb := range verbs {
		one[i] = has(verb)
	}
	o["oneOf"] = one
	o["allOf"] = []any{
		object{"if": has("form"), "then": object{"properties": object{"with": false, "limit": false}}},
		object{"if": has("choose"), "then": object{"properties": object{"with": false, "limit": false, "then": false}}},
		object{"if": has("end"), "then": object{"properties": object{"limit": false, "then": false}}},
		object{"if": has("do"), "then": object{"allOf": capabilities(registry)}},
	}
	properties := sub(o, "properties")
	var named []any
	for _, name := range registry.Names() {
		named = append(named, object{"const": name, "description": registry.Lookup(name).Doc})
	}
	properties["do"] = object{"anyOf": named, "description": sub(properties, "do")["description"]}
	choose := sub(properties, "choose")
	choose["minItems"], choose["maxItems"] = 1, 20
	return o
}

// capabilities gives for every capability what its node looks like.
func capabilities(registry *connector.Registry) []any {
	var list []any
	for _, name := range registry.Names() {
		c := registry.Lookup(name)
		outcomes, required := object{}, []string{}
		for _, o := range c.Outcomes {
			outcomes[o.Name] = described(ref("edge"), o.Doc)
			required = append(required, o.Name)
		}
		outcomes["error"] = described(ref("edge"), "It failed. Left out: the run, or the part, ends with error.")
		then := with(c.Inputs)
		if c.Opens != nil {
			opens(then)
		}
		properties := sub(then, "properties")
		properties["then"] = object{"type": "object", "properties": outcomes, "additionalProperties": false, "required": required}
		wanted, _ := then["required"].([]string)
		then["required"] = append(wanted, "then")
		limited := object{"type": "object", "properties": object{"exhausted": described(ref("edge"), "It was asked too often.")}, "required": []string{"exhausted"}}
		outcomes["exhausted"] = ref("edge")
		then["if"], then["then"] = has("limit"), object{"properties": object{"then": limited}}
		then["else"] = object{"properties": object{"then": object{"properties": object{"exhausted": false}}}}
		list = append(list, object{"if": isConst("do", name), "then": then})
	}
	return list
}

// opens adds what a capability takes that makes a link.
func opens(o object) {
	with := sub(sub(o, "properties"), "with")
	properties := sub(with, "properties")
	properties["opens"] = object{"type": "string", "pattern": flowNamePattern, "description": "The part behind the link."}
	properties["inputs"] = object{"type": "object", "description": "What the part is given, beside the account."}
	required, _ := with["required"].([]string)
	with["required"], with["type"] = append(required, "opens"), "object"
	o["required"] = []string{"with"}
}

// with describes what stands under with.
func with(inputs []connector.Field) object {
	properties, required := object{}, []string{}
	for _, field := range inputs {
		properties[field.Name] = described(value(field.Type), field.Doc)
		if !field.Type.Optional && field.Default == nil {
			required = append(required, field.Name)
		}
	}
	o := object{"properties": object{"with": object{"type": "object", "properties": properties, "additionalProperties": false, "required": required}}, "required": []string{}}
	if len(required) > 0 {
		o["required"] = []string{"with"}
	} else {
		sub(sub(o, "properties"), "with")["type"] = []string{"object", "null"}
	}
	return o
}

// value is an expression, or a literal of a type where it has literals.
func value(t connector.Type) object {
	written := literal(t)
	if written == nil {
		return expression()
	}
	return object{"anyOf": []any{expression(), written}}
}

// literal is what can be written out for a type. Nil: records and secrets cannot.
func literal(t connector.Type) object {
	switch t.Kind {
	case connector.String:
		return object{"type": []string{"string", "number", "boolean"}, "not": object{"pattern": noMark}}
	case connector.Bool:
		return object{"type": "boolean"}
	case connector.Number:
		return object{"type": "number"}
	case connector.Duration:
		return duration()
	case connector.Time:
		return object{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}`}
	case connector.Object:
		return object{"type": "object"}
	case connector.List:
		if t.Elem != nil {
			return object{"type": "array", "maxItems": 200, "items": value(*t.Elem)}
		}
		return object{"type": "array", "maxItems": 200}
	}
	return nil
}
