package connector

import "strconv"

// firstWithPasskeys are the versions since which browsers find passkeys by themselves (discoverable credentials) and use those of a phone.
var firstWithPasskeys = map[string]int{"Chrome": 108, "Edge": 108, "Opera": 94, "Safari": 16, "Firefox": 122}

// KnowsPasskeys reports whether a browser is new enough for passkeys, by its name and the first number of its version. Whether its person has
// one is not said.
func (b Browser) KnowsPasskeys() bool {
	since, known := firstWithPasskeys[b.Name]
	version, err := strconv.Atoi(b.Version)
	return known && err == nil && version >= since
}
