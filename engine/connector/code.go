package connector

import "slices"

// The codes of a failed node (`node.error.code`) and of a failed run. The list is closed: no text of a failure ever reaches a flow.
const (
	ServerError = "server_error" // a capability failed, or a flow ended where nothing was wired
	TimedOut    = "timeout"      // a capability, or the whole run, took too long
	BadResult   = "bad_result"   // a capability broke its own declaration
	BadValue    = "bad_value"    // an expression yielded nothing, or something of another type
)

// endCodes are what `end: error` may give. All but timeout are OAuth or OpenID Connect codes.
var endCodes = []string{
	"access_denied", "account_selection_required", "consent_required", "interaction_required", "login_required",
	ServerError, "temporarily_unavailable", TimedOut, "unmet_authentication_requirements",
}

// EndCodes lists what `end: error, with: {code: …}` may give, sorted.
func EndCodes() []string { return slices.Clone(endCodes) }

// IsEndCode reports whether a run may fail with this code.
func IsEndCode(code string) bool { return slices.Contains(endCodes, code) }
