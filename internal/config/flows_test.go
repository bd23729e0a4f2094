package config_test

import (
	"testing"

	"vigil/engine/connector"
	"vigil/internal/config"
)

const twoHouses = `environments:
- id: one
  hosts: [https://one.example.com]
  defaultFlow: plain
  settings:
    grace: {type: duration, value: 8h}
    brand: One
  applications:
  - {clientId: a, type: SINGLE_PAGE_APP, tokenEndpointAuthMethod: NONE, redirectUris: [https://a.example.net/cb], flowPolicies: [plain, keyed]}
- id: two
  hosts: [https://two.example.com]
  defaultFlow: keyed
  settings:
    grace: 8h
    brand: Two
  secrets: {apiKey: "${KEY}"}
`

func parsed(t *testing.T) *config.Config {
	t.Helper()
	c, found := config.Parse("vigil.yaml", []byte(twoHouses), func(string) (string, bool) { return "hush", true })
	if c == nil {
		t.Fatal(spell(found))
	}
	return c
}

func TestASettingHasOneTypeInAllEnvironments(t *testing.T) {
	settings, secrets, found := parsed(t).FlowOffer()
	const want = `14:12-14 error contradiction: the setting "grace" is string here and duration elsewhere
  help: flows are shared by all environments: give it one type
  6:12 the other is here`
	if said := spell(found); said != want {
		t.Errorf("said\n%s\nwanted\n%s", said, want)
	}
	if len(settings) != 2 || settings[0].Name != "grace" || settings[1].Name != "brand" || len(secrets) != 1 || secrets[0] != "apiKey" {
		t.Errorf("offered are %v and %v", settings, secrets)
	}
}

func TestAnEnvironmentDeclaresWhatTheFlowsThatItServesRead(t *testing.T) {
	reads := map[string]config.FlowReads{
		"plain": {Settings: []connector.Field{{Name: "brand"}}},
		"keyed": {Settings: []connector.Field{{Name: "grace"}, {Name: "notify"}}, Secrets: []string{"apiKey"}},
		"other": {Secrets: []string{"nobodys"}},
	}
	const want = `9:137-142 error missing-key: the flow "keyed" reads settings.notify, which this environment does not declare
  help: add it under settings
9:137-142 error missing-key: the flow "keyed" reads secrets.apiKey, which this environment does not declare
  help: add it under secrets
12:16-21 error missing-key: the flow "keyed" reads settings.notify, which this environment does not declare
  help: add it under settings`
	if said := spell(parsed(t).CheckFlowReads(reads)); said != want {
		t.Errorf("said\n%s\nwanted\n%s", said, want)
	}
}

func TestAnEnvironmentDeclaresWhatTheFlowsOfItsPoliciesRead(t *testing.T) {
	c, found := config.Parse("vigil.yaml", []byte(`environments:
- id: one
  hosts: [https://one.example.com]
  defaultFlow: people
  flowPolicies:
  - {name: people, flows: [{flow: plain, weight: 95}, {flow: keyed, weight: 5}]}
  - {name: nobody, flows: [{flow: other, weight: 1}]}
`), func(string) (string, bool) { return "", false })
	if c == nil {
		t.Fatal(spell(found))
	}
	reads := map[string]config.FlowReads{
		"plain": {},
		"keyed": {Settings: []connector.Field{{Name: "grace"}}, Needs: []config.FlowNeed{{What: "mail", Capability: "email.send"}}},
		"other": {Secrets: []string{"nobodys"}},
	}
	const want = `0:0-0 error capability-not-configured: email.send works with mail, which the environment "one" does not have
  help: add mail to the environment, or let it serve another flow
6:62-67 error missing-key: the flow "keyed" reads settings.grace, which this environment does not declare
  help: add it under settings`
	if said := spell(c.CheckFlowReads(reads)); said != want {
		t.Errorf("said\n%s\nwanted\n%s", said, want)
	}
}
