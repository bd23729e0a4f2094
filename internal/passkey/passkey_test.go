package passkey_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/authenticator"
	"vigil/internal/fixture"
	"vigil/internal/flowhost"
	"vigil/internal/passkey"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// house is a service on a real store, with the people ada and grace; dan is disabled.
type house struct {
	t       *testing.T
	service *passkey.Service
	base    tenant.Base
	owned   ownedBy
}

func open(t *testing.T, origin string) *house {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	owned := ownedBy{&authenticator.Store{
		KV: db, Random: rand.Reader, Now: func() time.Time { return now },
		Secret: func(environmentID, purpose string) (secret [32]byte) {
			copy(secret[:], environmentID+purpose)
			return secret
		},
		Guard: func(kv.Reader, string, string) error { return nil },
	}}
	h := &house{t: t, owned: owned, base: tenant.Base{Environment: &tenant.Environment{ID: "home", Name: "Home"}, Origin: origin}}
	h.service = &passkey.Service{
		Keep: flowhost.Keep{KV: db}, Authenticators: owned, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Account: func(_ context.Context, _, userID string) (*connector.AccountValue, error) {
			if userID != "ada" && userID != "grace" {
				return nil, nil
			}
			return &connector.AccountValue{ID: userID, Username: userID, Enabled: true}, nil
		},
	}
	return h
}

// ownedBy is the store as capabilities see it.
type ownedBy struct{ *authenticator.Store }

// List implements builtin.Authenticators.
func (o ownedBy) List(ctx context.Context, environmentID, userID string) (list []builtin.Authenticator, err error) {
	all, err := o.Store.List(ctx, environmentID, userID)
	for _, a := range all {
		list = append(list, builtin.Authenticator(a))
	}
	return list, err
}

// Add implements builtin.Authenticators.
func (o ownedBy) Add(ctx context.Context, environmentID, userID string, a builtin.Authenticator) (builtin.Authenticator, error) {
	added, err := o.Store.Add(ctx, environmentID, userID, authenticator.Authenticator(a))
	return builtin.Authenticator(added), err
}

// Change implements builtin.Authenticators.
func (o ownedBy) Change(ctx context.Context, environmentID, userID, id string, change func(*builtin.Authenticator) error) error {
	return o.Store.Change(ctx, environmentID, userID, id, func(a *authenticator.Authenticator) error { return change((*builtin.Authenticator)(a)) })
}

// ask shows a page of a run.
func (h *house) ask(run string, fresh bool, whose string) json.RawMessage {
	h.t.Helper()
	q := passkey.Question{Base: h.base, RunID: fixture.Run(run), Place: "page/field", New: fresh}
	if whose != "" {
		q.Account = &connector.AccountValue{ID: whose, Username: whose, Enabled: true}
	}
	options, err := h.service.Ask(h.t.Context(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	return options
}

// enrol gives somebody a passkey.
func (h *house) enrol(whose string) *device {
	h.t.Helper()
	d := newDevice(h.t, h.base.Origin)
	result, err := h.service.Add(h.t.Context(), builtin.PasskeyAnswer{
		EnvironmentID: "home", RunID: fixture.Run("enrol " + whose), UserID: whose, Answer: d.create(h.ask("enrol "+whose, true, whose)), Now: now,
	})
	if err != nil || result.Outcome != builtin.PasskeyAdded {
		h.t.Fatalf("the new passkey of %s: %v, %v", whose, result, err)
	}
	return d
}

func (h *house) check(run, answer string) (outcome builtin.PasskeyOutcome, whose string) {
	h.t.Helper()
	result, err := h.service.Check(h.t.Context(), builtin.PasskeyAnswer{EnvironmentID: "home", RunID: fixture.Run(run), Answer: answer, Now: now})
	if err != nil {
		h.t.Fatal(err)
	}
	if result.Account != nil {
		whose = result.Account.ID
	}
	return result.Outcome, whose
}

const home = "https://sso.example.com"

func TestOnlyAnAnswerThatIsRightInEveryPartSignsOn(t *testing.T) {
	h := open(t, home)
	d := h.enrol("ada")
	for name, c := range map[string]struct {
		change func(*device)
		whose  string // whose passkey the page asks for. Empty: anybody's
		right  bool
	}{
		"anybody's passkey, as asked":              {func(*device) {}, "", true},
		"hers, as asked":                           {func(*device) {}, "ada", true},
		"hers, where another's was asked for":      {func(*device) {}, "grace", false},
		"made on another origin":                   {func(d *device) { d.origin = "https://evil.example.com" }, "", false},
		"made on another port":                     {func(d *device) { d.origin = home + ":8443" }, "", false},
		"made without https":                       {func(d *device) { d.origin = "http://sso.example.com" }, "", false},
		"made within a stranger's frame":           {func(d *device) { d.framed = true }, "", false},
		"made for another relying party":           {func(d *device) { d.party = "example.com" }, "", false},
		"of another challenge":                     {func(d *device) { d.challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, "", false},
		"of another ceremony":                      {func(d *device) { d.ceremony = "webauthn.create" }, "", false},
		"without a person":                         {func(d *device) { d.flags &^= present }, "", false},
		"without its owner":                        {func(d *device) { d.flags &^= verified }, "", false},
		"with another signature":                   {func(d *device) { d.broken = true }, "", false},
		"in another's name":                        {func(d *device) { d.handle = []byte("grace") }, "", false},
		"in nobody's name":                         {func(d *device) { d.handle = []byte("nobody") }, "", false},
		"without a name, where anybody's will do":  {func(d *device) { d.handle = nil }, "", false},
		"without a name, where hers was asked for": {func(d *device) { d.handle = nil }, "ada", true},
		"with another key of hers":                 {func(d *device) { d.id = []byte("another id of some length") }, "", false},
		"suddenly one that can be backed up":       {func(d *device) { d.flags |= backupEligible }, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			options := h.ask(name, false, c.whose)
			changed := d.copy()
			c.change(changed)
			outcome, whose := h.check(name, changed.get(options))
			if right := outcome == builtin.PasskeyRight && whose == "ada"; right != c.right {
				t.Errorf("%s of %q", outcome, whose)
			}
			d.count = max(d.count, changed.count)
		})
	}
}

func TestAQuestionIsAnsweredOnceAndStaysTheSameUntilThen(t *testing.T) {
	h := open(t, home)
	d := h.enrol("ada")
	first, again := h.ask("run", false, ""), h.ask("run", false, "")
	if string(first) != string(again) {
		t.Error("a page that was shown again asks something else")
	}
	answer := d.get(first)
	if outcome, _ := h.check("another run", answer); outcome != builtin.PasskeyWrong {
		t.Errorf("in another run: %s", outcome)
	}
	if outcome, _ := h.check("run", answer); outcome != builtin.PasskeyRight {
		t.Errorf("the first time: %s", outcome)
	}
	if outcome, _ := h.check("run", answer); outcome != builtin.PasskeyWrong {
		t.Errorf("the second time: %s", outcome)
	}
	if after := h.ask("run", false, ""); string(after) == string(first) {
		t.Error("a question that was answered is asked again")
	}
}

func TestOfManyAnswersWithOneCounterExactlyOneIsRight(t *testing.T) {
	h := open(t, home)
	d := h.enrol("ada")
	const many = 8
	answers, outcomes := make([]string, many), make(chan builtin.PasskeyOutcome, many)
	runs := make([]string, many)
	d.count = 41
	for i := range many {
		runs[i] = strings.Repeat("r", i+1)
		answers[i] = d.copy().get(h.ask(runs[i], false, ""))
	}
	for i := range many {
		go func() {
			result, err := h.service.Check(context.Background(), builtin.PasskeyAnswer{EnvironmentID: "home", RunID: fixture.Run(runs[i]), Answer: answers[i], Now: now})
			if err != nil {
				t.Error(err)
			}
			outcomes <- result.Outcome
		}()
	}
	right := 0
	for range many {
		if <-outcomes == builtin.PasskeyRight {
			right++
		}
	}
	if right != 1 {
		t.Errorf("%d of %d answers with one counter were right", right, many)
	}
}

func TestAnAuthenticatorThatDoesNotCountIsNotJudgedByItsCounter(t *testing.T) {
	h := open(t, home)
	d := h.enrol("ada")
	d.counts = false
	for _, run := range []string{"one", "two"} {
		if outcome, _ := h.check(run, d.get(h.ask(run, false, ""))); outcome != builtin.PasskeyRight {
			t.Errorf("%s: %s", run, outcome)
		}
	}
}

func TestANewPasskeyIsRegisteredOnceForWhomThePageAskedAndByItsOwnerAlone(t *testing.T) {
	h := open(t, home)
	for name, c := range map[string]struct {
		change func(*device)
		whose  string // for whom it is registered
	}{
		"for somebody else than the page asked": {func(*device) {}, "grace"},
		"made on another origin":                {func(d *device) { d.origin = "https://evil.example.com" }, "ada"},
		"made for another relying party":        {func(d *device) { d.party = "evil.example.com" }, "ada"},
		"of another challenge":                  {func(d *device) { d.challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, "ada"},
		"of another ceremony":                   {func(d *device) { d.ceremony = "webauthn.get" }, "ada"},
		"without its owner":                     {func(d *device) { d.flags &^= verified }, "ada"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDevice(t, home)
			options := h.ask(name, true, "ada")
			c.change(d)
			result, err := h.service.Add(t.Context(), builtin.PasskeyAnswer{EnvironmentID: "home", RunID: fixture.Run(name), UserID: c.whose, Answer: d.create(options), Now: now})
			if err != nil || result.Outcome != builtin.PasskeyWrong {
				t.Errorf("%v, %v", result, err)
			}
		})
	}
	d := h.enrol("ada")
	options := h.ask("again", true, "ada")
	if !strings.Contains(string(options), d.name()) {
		t.Error("the browser is not told which passkeys there are already")
	}
	result, err := h.service.Add(t.Context(), builtin.PasskeyAnswer{EnvironmentID: "home", RunID: fixture.Run("again"), UserID: "ada", Answer: d.create(options), Now: now})
	if err != nil || result.Outcome != builtin.PasskeyWrong {
		t.Errorf("the same key twice: %v, %v", result, err)
	}
	if all, err := h.owned.List(t.Context(), "home", "ada"); err != nil || len(all) != 1 || all[0].Name != "Passkey" {
		t.Errorf("ada has %v, %v", all, err)
	}
}

func TestEachHostHasPasskeysOfItsOwnUnlessADomainAboveIsNamed(t *testing.T) {
	for origin, c := range map[string]struct{ named, want string }{
		"https://sso.example.com":         {"", "sso.example.com"},
		"https://sso.example.com:8443":    {"example.com", "example.com"},
		"https://example.com":             {"example.com", "example.com"},
		"https://sso.notexample.com":      {"example.com", "sso.notexample.com"},
		"http://auth.localhost:8080":      {"", "auth.localhost"},
		"http://127.0.0.1:8080":           {"", ""},
		"http://[::1]:8080":               {"", ""},
		"https://sso.example.com.evil.io": {"example.com", "sso.example.com.evil.io"},
	} {
		h := open(t, origin)
		h.base.Environment.PasskeyRelyingParty = c.named
		options, err := h.service.Ask(t.Context(), passkey.Question{Base: h.base, RunID: fixture.Run("run"), Place: "page"})
		var told struct {
			Party string `json:"rpId"`
		}
		if err == nil {
			err = json.Unmarshal(options, &told)
		}
		if told.Party != c.want || (c.want == "") != (err != nil) {
			t.Errorf("%s: relying party %q, %v", origin, told.Party, err)
		}
	}
}
