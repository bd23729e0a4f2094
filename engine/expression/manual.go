package expression

import (
	"slices"

	"vigil/engine/connector"
)

// Use shows authors a function.
type Use struct {
	Name string
	Call string // an example
	Doc  string // one sentence
}

// Uses shows every function, sorted by name.
func Uses() []Use {
	return []Use{
		{"all", "all(vars.tags, # != '')", "Whether the condition holds for every entry of a list. # is the entry, .name a field of it."},
		{"any", "any(vars.user.groups, # == 'staff')", "Whether it holds for one entry at least."},
		{"count", "count(devices.list, .kind == 'totp')", "For how many entries it holds."},
		{"date", "date('2026-11-21')", "A time out of a text."},
		{"duration", "duration('90d')", "A duration out of a text."},
		{"filter", "filter(vars.user.groups, # startsWith 'team-')", "The entries for which it holds."},
		{"find", "find(devices.list, .kind == 'totp')?.name ?? ''", "The first of them. It may be absent."},
		{"first", "first(vars.user.groups) ?? ''", "The first entry of a list. It may be absent: lists have no numbered places."},
		{"float", "float('0.5')", "A number out of a text."},
		{"indexOf", "indexOf(ask.email, '@')", "Where a text begins in another, from 0. Nowhere: -1."},
		{"int", "int('7')", "A whole number out of a text or a number."},
		{"join", "join(vars.user.groups, ', ')", "The texts of a list in one, with the second between them."},
		{"last", "last(vars.user.groups) ?? ''", "The last entry of a list. It may be absent."},
		{"len", "len(vars.user.groups)", "How many entries a list, letters a text, or fields an object has."},
		{"lower", "lower(ask.email)", "The text in small letters."},
		{"mask", "mask(vars.user.email)", "The text with most of it hidden: a••@example.org."},
		{"max", "max(3, inputs.tries)", "The largest of up to four numbers."},
		{"min", "min(3, inputs.tries)", "The smallest of up to four numbers."},
		{"none", "none(vars.user.groups, # == 'guests')", "Whether the condition holds for no entry."},
		{"now", "now() - vars.user.createdAt > duration('90d')", "The time of the step."},
		{"one", "one(vars.user.groups, # startsWith 'team-')", "Whether it holds for exactly one entry."},
		{"split", "split('a,b', ',')", "The list of the parts of a text."},
		{"string", "string(risk.signOns)", "The text of a number, of true or of false."},
		{"trim", "trim(ask.code)", "The text without blanks around it, or without what the second says."},
		{"upper", "upper(ask.code)", "The text in capital letters."},
	}
}

// Fields gives what expressions read of a value of a kind. Nil: nothing.
func Fields(kind connector.Kind) []connector.Field {
	return slices.Clone(fieldsOf(connector.Type{Kind: kind}))
}
