package expression

import "vigil/engine/connector"

var (
	text    = connector.Type{Kind: connector.String}
	moment  = connector.Type{Kind: connector.Time}
	listing = connector.Type{Kind: connector.List, Elem: &text}
)

// accountFields are what expressions see of somebody. A field the directory does not fill is an empty text.
var accountFields = []connector.Field{
	{Name: "id", Type: text},
	{Name: "username", Type: text},
	{Name: "email", Type: text},
	{Name: "emailVerified", Type: connector.Type{Kind: connector.Bool}},
	{Name: "givenName", Type: text},
	{Name: "familyName", Type: text},
	{Name: "phone", Type: text},
	{Name: "enabled", Type: connector.Type{Kind: connector.Bool}},
	{Name: "groups", Type: listing},
	{Name: "attributes", Type: connector.Type{Kind: connector.Object, Elem: &text}},
	{Name: "passwordChanged", Type: moment},
	{Name: "createdAt", Type: moment},
}

var sessionFields = []connector.Field{
	{Name: "user", Type: connector.Type{Kind: connector.User}},
	{Name: "createdAt", Type: moment},
	{Name: "properties", Type: connector.Type{Kind: connector.Object, Elem: &text}},
}

var deviceFields = []connector.Field{{Name: "id", Type: text}, {Name: "kind", Type: text}, {Name: "name", Type: text}, {Name: "createdAt", Type: moment}}

var deviceRequestFields = []connector.Field{
	{Name: "code", Type: text}, {Name: "application", Type: text}, {Name: "clientId", Type: text}, {Name: "scopes", Type: listing}, {Name: "ip", Type: text},
}

// fieldsOf lists what can be read of a value.
func fieldsOf(t connector.Type) []connector.Field {
	switch t.Kind {
	case connector.Account, connector.User:
		return accountFields
	case connector.Session:
		return sessionFields
	case connector.Device:
		return deviceFields
	case connector.DeviceRequest:
		return deviceRequestFields
	case connector.Object:
		return t.Fields
	}
	return nil
}

// field finds one of them. An object whose Elem is known has every field, such as the attributes of an account.
func field(t connector.Type, name string) (connector.Type, bool) {
	for _, f := range fieldsOf(t) {
		if f.Name == name {
			return f.Type, true
		}
	}
	if t.Kind == connector.Object && t.Elem != nil {
		return *t.Elem, true
	}
	return connector.Type{}, false
}

// unify finds the type of a value that is one of two.
func unify(a, b connector.Type) (connector.Type, bool) {
	optional := a.Optional || b.Optional
	a.Optional, b.Optional = false, false
	switch {
	case a.Kind == connector.List && b.Kind == connector.List && a.Elem != nil && b.Elem != nil:
		elem, ok := unify(*a.Elem, *b.Elem)
		return connector.Type{Kind: connector.List, Elem: &elem, Optional: optional}, ok
	case a.Kind == connector.List && b.Kind == connector.List && a.Elem == nil:
		b.Optional = optional
		return b, true
	case a.Accepts(b):
		a.Optional = optional
		return a, true
	case b.Accepts(a):
		b.Optional = optional
		return b, true
	}
	return connector.Type{}, false
}
