package server

import (
	"encoding/json"
	"slices"
	"testing"

	"vigil/internal/directory"
)

// OIDC Discovery 3: claims_supported.
func TestDiscoveryNamesEveryClaimThatIsToldOfAPerson(t *testing.T) {
	t.Parallel()
	told, err := json.Marshal(claimsOf(directory.User{
		ID: "1", Username: "ada", GivenName: "Ada", FamilyName: "King", Email: "ada@example.com", EmailVerified: true, Phone: "+44 20",
		Attributes: map[string]string{"locality": "London"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(told, &claims); err != nil || len(claims) < 9 {
		t.Fatalf("%v %s", err, told)
	}
	for name := range claims {
		if !slices.Contains(supported().Claims, name) {
			t.Errorf("%s is told and not named", name)
		}
	}
}
