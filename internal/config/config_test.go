package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/engine/diag"
	"vigil/internal/config"
	"vigil/internal/tenant"
)

// load reads a file that must be without mistakes.
func load(t *testing.T, path string, variables map[string]string) *config.Config {
	t.Helper()
	c, found := config.Load(path, func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
	if c == nil || len(found) > 0 {
		t.Fatalf("%s: %s", path, spell(found))
	}
	return c
}

var variables = map[string]string{"SECRET": "kept-from-view", "KEY": strings.Repeat("A", 43), "STORE": storeAddress}

const storeAddress = "postgres://vigil:kept-from-view@db.example.com/vigil?sslmode=verify-full"

func TestTheLeastFileGetsSafeDefaults(t *testing.T) {
	c := load(t, "testdata/least.yaml", variables)
	if !slices.Equal(c.Listen, []string{"127.0.0.1:8080"}) || c.Data != filepath.Join("testdata", "vigil-data") || c.Store != "" || c.Flows != "" ||
		c.Log != (config.Log{Level: slog.LevelInfo, Format: config.FormatText}) || c.KeyEncryptionKey != nil || len(c.TrustedProxies) != 0 || c.CountryHeader != "" {
		t.Errorf("top: %+v", c)
	}
	e := c.Environments[0]
	if e.Name != "one" || e.SignOffQuestion != tenant.SignOffAsk || e.SessionDeleteSignal != tenant.SignalPush || e.DefaultFlow != "sign-on" ||
		e.Cookies != (tenant.CookieSettings{}) {
		t.Errorf("environment: %+v", e)
	}
	for i, want := range []struct{ pkce, auth string }{
		{tenant.PKCES256Required, tenant.AuthNone}, {tenant.PKCES256Required, tenant.AuthNone}, {tenant.PKCEOptional, tenant.AuthBasic},
	} {
		a := e.Applications[i]
		if a.PKCEEnforcement != want.pkce || a.TokenEndpointAuthMethod != want.auth {
			t.Errorf("%s: %s, %s", a.ClientID, a.PKCEEnforcement, a.TokenEndpointAuthMethod)
		}
		if !a.Enabled || a.Name != a.ClientID || a.OpSessionCheckEnabled || a.CountsAsActivity || a.IDTokenSigningAlg != "ES256" ||
			!slices.Equal(a.GrantTypes, []string{tenant.GrantAuthorizationCode}) || !slices.Equal(a.ResponseTypes, []string{"CODE"}) ||
			!slices.Equal(a.Scopes, []string{"openid", "profile", "email"}) || a.CORS.Behavior != "" ||
			a.AccessTokenLifetime != time.Hour || a.IDTokenLifetime != time.Hour || a.RefreshTokenDuration != 30*24*time.Hour {
			t.Errorf("%s: %+v", a.ClientID, a)
		}
	}
}

func TestEverySettingArrives(t *testing.T) {
	c := load(t, "testdata/whole.yaml", variables)
	if !slices.Equal(c.Listen, []string{"127.0.0.1:8080", "[::1]:8080"}) || !slices.Equal(c.Metrics, []string{"127.0.0.1:9090"}) || c.Data != "/var/lib/vigil" || c.Store != storeAddress || c.Flows != "testdata" ||
		c.Log != (config.Log{Level: slog.LevelDebug, Format: config.FormatJSON}) || len(c.KeyEncryptionKey) != 32 ||
		c.CountryHeader != "CF-IPCountry" || !slices.Equal(c.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}) {
		t.Errorf("top: %+v", c)
	}
	e := c.Environments[0]
	settings, err := json.Marshal(e.Settings)
	if err != nil || string(settings) != `{"brand":"Harbour","deep":{"a":"b"},"grace":28800000000000,"limit":2.5,"list":["a","b"],"notify":true}` {
		t.Errorf("settings: %s %v", settings, err)
	}
	want := tenant.Application{
		ClientID: "web", Name: "Web", Type: "WEB_APP", OpSessionCheckEnabled: true, ClientSessionURI: "https://web.example.com/watch",
		RedirectURIs: []string{"https://web.example.com/cb"}, AllowWildcardInRedirectURIs: true, PostLogoutRedirectURIs: []string{"https://web.example.com/"},
		GrantTypes: []string{"AUTHORIZATION_CODE", "REFRESH_TOKEN"}, ResponseTypes: []string{"CODE"}, TokenEndpointAuthMethod: "CLIENT_SECRET_POST",
		ClientSecrets: []string{"kept-from-view", "second"}, PKCEEnforcement: "REQUIRED",
		CORS:   tenant.CORS{Behavior: "ALLOW_SPECIFIC_ORIGINS", Origins: []string{"https://*.example.com"}},
		Scopes: []string{"openid", "profile", "offline_access"}, IDTokenSigningAlg: "RS256", FlowPolicies: []string{"sign-on", "step-up"},
		PARRequirement: "REQUIRED", PARTimeout: 90 * time.Second, RequireSignedRequestObject: true, SupportUnsignedRequestObject: true,
		HomePageURL: "https://web.example.com/", InitiateLoginURI: "https://web.example.com/begin", PolicyURI: "https://web.example.com/privacy", TOSURI: "https://web.example.com/terms",
		DefaultMaxAge:        8 * time.Hour,
		Consent:              "REMEMBERED",
		BackchannelLogoutURI: "https://web.example.com/backchannel", BackchannelLogoutSessionRequired: true,
		FrontchannelLogoutURI: "https://web.example.com/frontchannel", FrontchannelLogoutSessionRequired: true, IDPSignoff: true,
		CountsAsActivity: true, RefreshTokensOutliveSession: true,
		AccessTokenLifetime: 10 * time.Minute, IDTokenLifetime: 90 * time.Minute, RefreshTokenDuration: 24 * time.Hour,
		RefreshTokenRollingDuration: 90 * 24 * time.Hour, RefreshTokenRollingGracePeriodDuration: -1,
		JWKS:              []byte(`{"keys":[{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"crv":"P-256","kty":"EC","use":"enc","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`),
		AccessTokenFormat: "OPAQUE", SubjectType: "pairwise", SectorIdentifierURI: "https://sector.example.com/uris", UserinfoSignedResponseAlg: "EdDSA",
		AuthorizationSignedResponseAlg: "PS256", IntrospectionSignedResponseAlg: "RS256",
		Encryptions: tenant.Encryptions{
			IDToken: tenant.Encryption{Alg: "ECDH-ES", Enc: "A256GCM"}, Userinfo: tenant.Encryption{Alg: "ECDH-ES+A256KW", Enc: "A128GCM"},
			Authorization: tenant.Encryption{Alg: "ECDH-ES+A128KW", Enc: "A256CBC-HS512"}, Introspection: tenant.Encryption{Alg: "ECDH-ES", Enc: "A128CBC-HS256"},
		},
		ClientAssertionAudience: "ISSUER", DPoPBoundAccessTokens: true, DPoPNonceRequired: true,
		DeviceTimeout: 5 * time.Minute, DevicePollingInterval: 10 * time.Second, DevicePathID: "tv",
	}
	if got := *e.Applications[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("application:\n%+v\nwanted\n%+v", got, want)
	}
	if got := e.Applications[1].ClientSecrets; !slices.Equal(got, []string{"kept-from-view"}) {
		t.Errorf("clientSecret: %d values", len(got))
	}
	if want := (config.User{Username: "ada", Password: "kept-from-view", Email: "ada@example.com", GivenName: "Ada", FamilyName: "Lovelace", Groups: []string{"staff"}}); !reflect.DeepEqual(e.Users[0], want) {
		t.Errorf("user: %+v", e.Users[0])
	}
	if !strings.HasPrefix(e.Users[1].PasswordHash, "$argon2id$") {
		t.Error("the hash did not arrive")
	}
	e.Environment = tenant.Environment{
		ID: e.ID, Name: e.Name, Hosts: e.Hosts, Cookies: e.Cookies, SignOffQuestion: e.SignOffQuestion,
		SessionDeleteSignal: e.SessionDeleteSignal, DefaultFlow: e.DefaultFlow, AllowPrivateLogoutAddresses: e.AllowPrivateLogoutAddresses,
	}
	if want := (tenant.Environment{
		ID: "one", Name: "Sales", Hosts: []string{"https://sso.example.com", "http://auth.vigil.localhost:8080"},
		Cookies:         tenant.CookieSettings{BareNames: true, NonPersistent: true, SameSiteNone: true},
		SignOffQuestion: "never", SessionDeleteSignal: "none", DefaultFlow: "sign-on-fast", AllowPrivateLogoutAddresses: true,
	}); !reflect.DeepEqual(e.Environment, want) {
		t.Errorf("environment: %+v", e.Environment)
	}
}

// A field of an application that no key fills would silently stay what it is.
func TestEveryFieldOfAnApplicationHasAKey(t *testing.T) {
	whole := load(t, "testdata/whole.yaml", variables)
	empty := func(field int) bool {
		for _, a := range whole.Environments[0].Applications {
			if !reflect.ValueOf(*a).Field(field).IsZero() {
				return false
			}
		}
		return true
	}
	kind := reflect.TypeFor[tenant.Application]()
	for i := range kind.NumField() {
		if f := kind.Field(i); f.IsExported() && empty(i) {
			t.Errorf("%s is not filled", f.Name)
		}
	}
	text, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, wholeTLS...) // its files are made by its test
	for line := range strings.Lines(config.Reference()) {
		key, found := strings.CutPrefix(line, "| `")
		if key, _, _ = strings.Cut(key, "`"); found && !bytes.Contains(text, []byte(key+":")) {
			t.Errorf("the reference speaks of %q, testdata/whole.yaml does not", key)
		}
	}
}

func TestTheEnvironmentsBecomeTenants(t *testing.T) {
	tenants, err := load(t, "testdata/whole.yaml", variables).Tenants()
	if err != nil {
		t.Fatal(err)
	}
	if base, _, ok := tenants.Find("auth.example.com", "/one/as/authorize"); !ok || base.Environment.ID != "one" {
		t.Error("the shared host does not lead to the environment")
	}
	if base, _, ok := tenants.Find("sso.example.com", "/as/authorize"); !ok || base.Environment.Application("second") == nil {
		t.Error("the environment's own host does not lead to its application")
	}
}

func TestFlowsThatDoNotExistAreNamedWhereTheyAreWanted(t *testing.T) {
	c := load(t, "testdata/whole.yaml", variables)
	said := spell(c.CheckFlows([]string{"sign-on", "stepup"}))
	const want = `20:18-30 error unknown-flow: there is no flow "sign-on-fast"
  help: The flows are sign-on, stepup, people.
21:17-23 error unknown-flow: there is no flow "device"
  help: The flows are sign-on, stepup, people.
49:33-40 error unknown-flow: there is no flow "step-up"
  help: did you mean "stepup"? The flows are sign-on, stepup, people.`
	if said != want {
		t.Errorf("said\n%s\nwanted\n%s", said, want)
	}
	said = spell(load(t, "testdata/least.yaml", variables).CheckFlows([]string{"sign-in"}))
	if !strings.HasPrefix(said, `2:5-6 error unknown-flow: there is no flow "sign-on"`) {
		t.Errorf("of the default flow that nobody wrote down: %s", said)
	}
	if found := c.CheckFlows([]string{"sign-on", "sign-on-fast", "device", "step-up", "stepup"}); len(found) > 0 {
		t.Errorf("all exist, yet: %s", spell(found))
	}
}

func TestCommandsThatNeedNoSecretsCanReadAFileWithoutThem(t *testing.T) {
	c, found := config.Load("testdata/whole.yaml", nil)
	if c == nil || len(found) > 0 {
		t.Fatal(spell(found))
	}
	if c.KeyEncryptionKey != nil || c.Environments[0].Users[0].Password != "" {
		t.Error("a secret came from nowhere")
	}
}

func TestAFileThatIsNotThereIsADiagnosticToo(t *testing.T) {
	c, found := config.Load(filepath.Join(t.TempDir(), "vigil.yaml"), os.LookupEnv)
	if c != nil || len(found) != 1 || found[0].Severity != diag.Error || !strings.Contains(found[0].Summary, "no such file") || !strings.Contains(found[0].Hint, "--config") {
		t.Errorf("%v %+v", c, found)
	}
}

func TestTheReferenceNamesEveryDefault(t *testing.T) {
	reference := config.Reference()
	for _, line := range []string{
		"| `listen` | an address or a list of addresses | `127.0.0.1:8080`, or `:443` with `tls` |",
		"| `environments` | a list of environments | **required** |",
		"| `refreshTokenDuration` | a duration | `30d` |",
		"| `behavior` | one of ALLOW_SPECIFIC_ORIGINS, ALLOW_NO_ORIGINS | **required** |",
	} {
		if !strings.Contains(reference, line) {
			t.Errorf("%s is missing", line)
		}
	}
}

func TestWhatIsMaskedKeepsItsPlace(t *testing.T) {
	const source = "keyEncryptionKey: abc # note\nenvironments:\n  - id: one\n    users: [{username: ada, password: \"a b\", email: x}]\n    pasword: |\n      line one\n      two\n    name: shown\n"
	const want = "keyEncryptionKey: ••• • ••••\nenvironments:\n  - id: one\n    users: [{username: ada, password: •• ••• email: x}]\n    pasword: •\n      •••• •••\n      •••\n    name: shown\n"
	if got := string(config.Masked([]byte(source))); got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
	const misspelt = "lisen: shown\nenvironments:\n  - nam: shown\n    aplications: [{clientSecret: x}]\n    applications:\n      - clientSecrt: x\n        clientSecretss: x\n        zzz: x\n"
	const dotted = "lisen: shown\nenvironments:\n  - nam: shown\n    aplications: ••••••••••••••• •••\n    applications:\n      - clientSecrt: •\n        clientSecretss: •\n        zzz: •\n"
	if got := string(config.Masked([]byte(misspelt))); got != dotted {
		t.Errorf("got\n%s\nwanted\n%s", got, dotted)
	}
	const broken = "a: b: c\nenvironments:\n  - clientSecrets:\n    - hunter2\n    - hunter3\n    name: shown\npassword: hunter4\n"
	const hidden = "a: b: c\nenvironments:\n  - clientSecrets:\n    • •••••••\n    • •••••••\n    name: shown\npassword: •••••••\n"
	if got := string(config.Masked([]byte(broken))); got != hidden {
		t.Errorf("got\n%s\nwanted\n%s", got, hidden)
	}
}

func FuzzParse(f *testing.F) {
	_, cases := readCorpus(f)
	for _, c := range cases {
		f.Add([]byte(c.file))
	}
	for _, path := range []string{"testdata/whole.yaml", "testdata/least.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		c, found := config.Parse("testdata/vigil.yaml", source, environment)
		lines := bytes.Count(source, []byte("\n")) + bytes.Count(source, []byte("\r")) + 2
		for _, d := range found {
			if at := d.Subject.Start; at.Line < 1 || at.Column < 1 || at.Line > lines {
				t.Errorf("%+v is not in the file", d)
			}
		}
		refused := slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Severity == diag.Error })
		if refused != (c == nil) {
			t.Errorf("config %v with %s", c != nil, spell(found))
		}
		config.Masked(source)
		if c != nil {
			if _, err := c.Tenants(); err != nil {
				t.Errorf("accepted, but no tenants: %v", err)
			}
			if strings.Contains(fmt.Sprintf("%+v", found), "kept-from-view") {
				t.Error("a warning holds a secret")
			}
		}
	})
}

// An operator's shell has the store's address and no other secret.
func TestCommandsOnTheStoreNeedItsAddressAlone(t *testing.T) {
	only := func(name string) (string, bool) { return storeAddress, name == "STORE" }
	c, found := config.LoadForOperators("testdata/whole.yaml", only)
	if c == nil || c.Store != storeAddress || c.KeyEncryptionKey != nil {
		t.Fatalf("%+v: %s", c, spell(found))
	}
	c, found = config.LoadForOperators("testdata/whole.yaml", func(string) (string, bool) { return "", false })
	if c != nil || len(found) != 1 || !strings.Contains(found[0].Summary, "STORE") {
		t.Errorf("without it: %s", spell(found))
	}
}
