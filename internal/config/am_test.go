package config_test

import (
	"fmt"
	"strings"
	"testing"

	"vigil/engine/diag"
	"vigil/internal/config"
	"vigil/internal/tenant"
)

// am reads an environment with these lines of am:.
func am(t *testing.T, lines string) (*config.Config, []diag.Diagnostic) {
	t.Helper()
	return config.Parse("vigil.yaml", []byte("environments:\n- id: one\n  hosts: [https://sso.example.com]\n"+lines), nil)
}

func TestAnEnvironmentThatOnlySaysAMHasTheRootRealmWithAMsDefaults(t *testing.T) {
	c, found := am(t, "  am: {}\n")
	if c == nil || len(found) > 0 {
		t.Fatal(spell(found))
	}
	got := c.Environments[0].AM
	if got == nil || got.Context != "/am" || got.CookieName != "iPlanetDirectoryPro" || len(got.Realms) != 1 {
		t.Fatalf("%+v", got)
	}
	// seed 000: none is added by hand.
	if root := got.Realms[0]; root.Name != tenant.RootRealm || !root.SessionManagement || !root.Serves("code") || root.Serves("none") {
		t.Errorf("%+v", root)
	}
}

func TestCheckSaysWhatSwitchingSessionManagementOffTakesAway(t *testing.T) {
	c, found := am(t, "  am: {realms: [{name: /alpha, sessionManagement: false}]}\n")
	if c == nil || len(found) != 1 || found[0].Severity != diag.Warning || !strings.Contains(found[0].Summary, "no back-channel logout") {
		t.Fatal(spell(found))
	}
}

func TestMistakesOfRealmsAreNamed(t *testing.T) {
	for _, wrong := range []struct{ lines, want string }{
		{"  am: {realms: [{name: alpha}]}\n", `"alpha" is not a realm`},
		{"  am: {realms: [{name: /alpha}, {name: /alpha}]}\n", "the realm /alpha is claimed twice"},
		{"  am: {context: /as}\n", `"/as" stands for something else`},
		{"  am: {cookieName: ST}\n", `"ST" is a cookie of the server's already`},
		{"  am: {realms: [{name: /alpha, responseTypePlugins: [none]}]}\n", `"none" is not a plug-in`},
		{
			"  applications:\n  - {clientId: a, type: SINGLE_PAGE_APP, realm: /beta, redirectUris: [https://a.example.com/]}\n  am: {realms: [{name: /alpha}]}\n",
			`there is no realm "/beta" in this environment`,
		},
	} {
		if c, found := am(t, wrong.lines); c != nil || !strings.Contains(spell(found), wrong.want) {
			t.Errorf("%s: %s", wrong.lines, spell(found))
		}
	}
}

func TestARedirectURIMaySpellThePortThatItsSchemeHasAnyway(t *testing.T) {
	const text = "environments:\n- id: test\n  hosts: [https://sso.example.com]\n  applications:\n  - {clientId: myClient, type: SINGLE_PAGE_APP, redirectUris: [%q]}\n"
	for uri, good := range map[string]bool{
		"https://www.example.com:443/callback": true, "https://www.example.com:443": true, "http://127.0.0.1:80/callback?a=b": true,
		"https://www.example.com:80/callback": true, "https://WWW.example.com:443/callback": false, "http://www.example.com:80/callback": false,
		"https://www.example.com:443:443/callback": false, "https://www.example.com:0443/callback": false,
	} {
		if c, found := config.Parse("vigil.yaml", []byte(fmt.Sprintf(text, uri)), nil); c != nil != good {
			t.Errorf("%s: %v", uri, found)
		}
	}
}
