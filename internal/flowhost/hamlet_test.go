package flowhost_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/session"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// hamlet serves the flows that ship and those of the tests; acr_values picks one.
const hamlet = `data: data
flows: flows
environments:
- id: home
  name: Home
  hosts: [https://sso.example.com]
  defaultFlow: sign-on
  mail: {server: 127.0.0.1:2525, tls: none, from: no-reply@example.com}
  users:
  - {username: ada, email: ada@example.com, password: correct horse}
  applications:
  - clientId: spa
    name: Portal
    type: SINGLE_PAGE_APP
    tokenEndpointAuthMethod: NONE
    redirectUris: [https://spa.example.net/cb]
    grantTypes: [AUTHORIZATION_CODE]
    responseTypes: [CODE]
    flowPolicies: [sign-on, register, reset-password, sign-on-familiar, leave, everything, noted, move, sign-on-email]
`

// leave asks somebody who is signed on, and does what the pressed button says.
const leave = `flow: leave
title: Sign off or delete the account from within a flow
start: session
nodes:
  session:
    do: session.check
    then: {active: ask, none: nobody}
  ask:
    form:
      title: What now?
      buttons: [{name: idle, label: Idle out sooner}, {name: signOff, label: Sign off}, {name: delete, label: Delete}, {name: disable, label: Disable}]
    then: {idle: idle, signOff: over, delete: remove, disable: disable}
  idle:
    do: session.set
    with: {idleTimeout: 5m, properties: {desk: 7}}
    then: {done: nobody, none: nobody}
  over:
    do: session.end
    then: {done: said, none: nobody}
  remove:
    do: user.delete
    with: {user: = session.user}
    then: {deleted: said}
  disable:
    do: user.disable
    with: {account: = session.user}
    then: {done: said}
  said:
    form: {title: So it is}
    then: {continue: nobody}
  nobody: {end: error, with: {code: login_required}}
`

// everything says all that a success can say.
const everything = `flow: everything
title: All that a success can say
start: credentials
nodes:
  credentials:
    form:
      title: Sign on
      fields: [{name: username, type: text, label: User name}, {name: password, type: password, label: Password}]
    then: {continue: verify}
  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: done, failure: denied, locked: denied, mustChange: denied, exhausted: denied}
  denied: {end: error, with: {code: unmet_authentication_requirements, description: No.}}
  done:
    end: success
    with:
      user: = verify.user
      idleTimeout: 10m
      maxLifetime: 15m
      persistent: false
      acr: gold
      scopes: [openid, email]
      authenticationMethods: [geo]
      idTokenClaims: {tier: 3, tags: [a, b]}
      accessTokenClaims: {roles: [reader]}
`

func openHamlet(t *testing.T) *house {
	t.Helper()
	folder := t.TempDir()
	shipped := os.DirFS("../../flows")
	names, err := fs.Glob(shipped, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"leave.yaml": leave, "everything.yaml": everything, "noted.yaml": noted, "move.yaml": move}
	for _, name := range names {
		text, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		if uses := slices.ContainsFunc([]string{"sign-on-external", "confirm"}, func(part string) bool { return strings.HasPrefix(name, part) }); !uses {
			files[name] = string(text)
		}
	}
	delete(files, "sign-on-link.yaml")
	if err := os.Mkdir(filepath.Join(folder, "flows"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, "flows", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(hamlet), os.LookupEnv)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	h := &house{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	h.server, err = server.New(t.Context(), server.Options{Config: cfg, Now: h.time, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.server.Close() })
	return h
}

var codeIn = regexp.MustCompile(`code is (\d{6})`)

// code is that of the last letter.
func (h *house) code() string {
	h.t.Helper()
	return h.inLetter(codeIn)
}

var puzzleOn = regexp.MustCompile(`data-effort="(\d+)\.([0-9a-f]+)"`)

// work does what the page's script does.
func (s *surfer) work() string {
	s.t.Helper()
	found := puzzleOn.FindStringSubmatch(s.body)
	if found == nil {
		s.t.Fatalf("no puzzle in %s", s.body)
	}
	bits, _ := strconv.Atoi(found[1])
	for n := 0; ; n++ {
		digest := sha256.Sum256([]byte(found[2] + "." + strconv.Itoa(n)))
		zeros := 0
		for zeros < bits && digest[zeros/8]>>(7-zeros%8)&1 == 0 {
			zeros++
		}
		if zeros == bits {
			return strconv.Itoa(n)
		}
	}
}

// by begins a sign-on by a flow.
func (s *surfer) by(flow string) *surfer {
	return s.visit(http.MethodGet, strings.Replace(authorize, "scope=openid", "scope=openid+email+profile", 1)+"&acr_values="+flow, nil)
}

// returned holds that the browser went back to the application with something.
func (s *surfer) returned(with string) {
	s.t.Helper()
	if at := s.last.Header().Get("Location"); !strings.Contains(at, with) {
		s.t.Fatalf("%d: the browser is at %q: %s", s.last.Code, at, s.body)
	}
}

func (s *surfer) signOn(secret string) {
	s.t.Helper()
	s.by("sign-on").press("signOn", "username", "ada", "password", secret).returned("code=")
}

// redeem trades a code for tokens.
func (h *house) redeem(code string) map[string]any {
	h.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"spa"}, "code": {code}, "redirect_uri": {"https://spa.example.net/cb"},
		"code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	}
	r := httptest.NewRequest(http.MethodPost, home+"/as/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	var tokens map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &tokens); err != nil || w.Code != http.StatusOK {
		h.t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return tokens
}

func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", text)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// session is the one session of ada.
func (h *house) session() (id session.ID) {
	h.t.Helper()
	ada, err := h.server.Directory.Find(h.t.Context(), "home", "ada")
	if err != nil {
		h.t.Fatal(err)
	}
	id, ok, err := h.server.Sessions.OfUser(h.t.Context(), "home", ada.ID, func(session.ID) bool { return true })
	if err != nil || !ok {
		h.t.Fatalf("no session: %v", err)
	}
	return id
}
