package connector

import (
	"maps"
	"slices"
)

// classes sorts the methods of RFC 8176 by what they rest on: something known, something held, something the person is.
var classes = map[string][]string{
	"know": {"pwd", "pin", "kba"},
	"have": {"otp", "hwk", "swk", "sms", "tel", "sc", "pop"},
	"are":  {"fpt", "face", "iris", "retina", "vbm"},
}

// Satisfies reports whether a proved method meets one entry of `requires:`, which names a method (otp) or a class (know, have, are).
func Satisfies(method, requirement string) bool {
	return method == requirement || slices.Contains(classes[requirement], method)
}

// others are the methods of RFC 8176 2 that are of no class here.
var others = []string{"geo", "mca", "mfa", "rba", "user", "wia"}

// Methods are those that a proof can have: first what capabilities prove, then the others of RFC 8176. Each half is sorted.
func (r *Registry) Methods() []string {
	var proved []string
	for _, capability := range r.byName {
		proved = append(append(proved, capability.Proves), capability.ProvesAlso...)
		if capability.Opens != nil {
			proved = append(proved, capability.Opens.Proves)
		}
	}
	slices.Sort(proved)
	proved = slices.DeleteFunc(slices.Compact(proved), func(method string) bool { return method == "" })
	rest := slices.Clone(others)
	for _, methods := range classes {
		rest = append(rest, methods...)
	}
	slices.Sort(rest)
	return append(proved, slices.DeleteFunc(rest, func(method string) bool { return slices.Contains(proved, method) })...)
}

// Classes are the kinds of methods that `requires:` can name beside methods, sorted.
func Classes() []string { return slices.Sorted(maps.Keys(classes)) }

// Proves reports whether success of a capability meets one entry of `requires:`.
func Proves(capability *Capability, requirement string) bool {
	if capability.Proves == "" {
		return false
	}
	return Satisfies(capability.Proves, requirement) ||
		slices.ContainsFunc(capability.ProvesAlso, func(method string) bool { return Satisfies(method, requirement) })
}
