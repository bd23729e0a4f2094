package spectest

import (
	"strings"
	"testing"

	"vigil/internal/fixture"
)

// OIDC Prompt Create 4: the person comes to the flow that makes accounts, also where somebody is signed on, and discovery says that there is one.
func TestPromptCreateLeadsToTheFlowThatMakesAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.settings = []string{"registrationFlow: sign-up"}
	_, body, _ := strings.Cut(fixture.SignOn("idleTimeout: 30m"), "  credentials:")
	w.write("flows/sign-up.yaml", "flow: sign-up\ntitle: Sign up\nvars: {user: user}\nstart: credentials\nnodes:\n  credentials:"+strings.ReplaceAll(body, "title: Sign on", "title: Make an account"))
	w.start()
	w.signOn("ada", "spa", nil)
	for query, title := range map[string]string{"prompt=create": "Make an account", "prompt=create+login": "Make an account", "prompt=login": "Sign on"} {
		response, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", []string{query}).Encode())
		_, page := w.get(response.Header.Get("Location"))
		if !strings.Contains(page, "<h1>"+title) {
			t.Errorf("%s: %d %.200s", query, response.StatusCode, page)
		}
	}
	if got := w.authorize("spa", []string{"prompt=create+none"}); !contains(got, "error=invalid_request") {
		t.Errorf("without any page: %v", got)
	}
	if _, document := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration"); !strings.Contains(document, `"select_account","create"]`) {
		t.Error(document)
	}
}
