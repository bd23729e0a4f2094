package connector

import "slices"

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

// Methods are all that `requires:` can name: classes, the methods of RFC 8176, and what capabilities prove. Sorted.
func (r *Registry) Methods() []string {
	all := slices.Clone(others)
	for class, methods := range classes {
		all = append(append(all, class), methods...)
	}
	for _, capability := range r.byName {
		all = append(append(all, capability.Proves), capability.ProvesAlso...)
		if capability.Opens != nil {
			all = append(all, capability.Opens.Proves)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(method string) bool { return method == "" })
}

// Proves reports whether success of a capability meets one entry of `requires:`.
func Proves(capability *Capability, requirement string) bool {
	if capability.Proves == "" {
		return false
	}
	return Satisfies(capability.Proves, requirement) ||
		slices.ContainsFunc(capability.ProvesAlso, func(method string) bool { return Satisfies(method, requirement) })
}
