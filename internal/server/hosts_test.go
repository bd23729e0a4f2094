package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil/internal/config"
	"vigil/internal/password"
)

// street is a server with two environments, one of which has two hosts, and both are on a shared one.
func street(t *testing.T) *Server {
	t.Helper()
	text := `data: data
sharedHosts: [https://shared.example.com]
environments:
  - id: home
    hosts: [https://sso.example.com, https://login.example.org]
    applications: [{clientId: spa, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.example.com/"]}]
    users: [{username: ada, password: correct horse ada}]
  - id: shop
    hosts: [https://sso.example.net]
    applications: [{clientId: spa, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.example.com/"]}]
    users: [{username: ada, password: correct horse ada}]
`
	cfg, mistakes := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := New(t.Context(), Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// bases are where the environments of a street are met.
func bases() []string {
	return []string{"https://sso.example.com", "https://login.example.org", "https://shared.example.com/home", "https://sso.example.net", "https://shared.example.com/shop"}
}

// visitor keeps cookies, whatever host they are of: it shows them to every one.
type visitor struct {
	t       *testing.T
	server  *Server
	cookies map[string]*http.Cookie
}

func (v *visitor) visit(method, address string, form url.Values) (*http.Response, string) {
	v.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.server.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		if v.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer, string(body)
}

const asks = "/as/authorize?client_id=spa&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example.com%2F&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// signOn signs ada on at a base, and gives where the browser goes then.
func (v *visitor) signOn(base string) string {
	v.t.Helper()
	answer, _ := v.visit(http.MethodGet, base+asks, nil)
	page := answer.Header.Get("Location")
	_, body := v.visit(http.MethodGet, page, nil)
	form := url.Values{"username": {"ada"}, "password": {"correct horse ada"}, "_button": {"signOn"}}
	for _, field := range hiddenField.FindAllStringSubmatch(body, -1) {
		form.Set(field[1], field[2])
	}
	answer, _ = v.visit(http.MethodPost, page, form)
	answer, _ = v.visit(http.MethodGet, answer.Header.Get("Location"), nil)
	return answer.Header.Get("Location")
}

func TestEveryHostIsAProviderOfItsOwn(t *testing.T) {
	s := street(t)
	for _, base := range bases() {
		v := &visitor{t: t, server: s, cookies: map[string]*http.Cookie{}}
		_, text := v.visit(http.MethodGet, base+"/as/.well-known/openid-configuration", nil)
		var found map[string]any
		if err := json.Unmarshal([]byte(text), &found); err != nil || found["issuer"] != base+"/as" {
			t.Fatalf("%s: the issuer is %v, %v", base, found["issuer"], err)
		}
		for name, value := range found {
			if address, is := value.(string); is && (strings.HasSuffix(name, "_endpoint") || strings.HasSuffix(name, "_iframe") || strings.HasSuffix(name, "_uri")) && !strings.HasPrefix(address, base+"/") {
				t.Errorf("%s: %s is %s", base, name, address)
			}
		}
		prefix, path := "__Host-", "/"
		if shared, environment, _ := strings.Cut(strings.TrimPrefix(base, "https://"), "/"); environment != "" && shared != "" {
			prefix, path = "", "/"+environment
		}
		_, frame := v.visit(http.MethodGet, base+"/as/checksession", nil)
		if !strings.Contains(frame, `"prefix":"`+prefix+`"`) || !strings.Contains(frame, `"path":"`+path+`"`) {
			t.Errorf("%s: the frame reads other cookies than %s at %s:\n%s", base, prefix+"OPUAS", path, frame[:min(len(frame), 600)])
		}
		if to := v.signOn(base); !strings.HasPrefix(to, "https://app.example.com/?") || !strings.Contains(to, "code=") || !strings.Contains(to, "session_state=") {
			t.Fatalf("%s: nobody could sign on: %s", base, to)
		}
		for _, name := range []string{"ST", "OPUAS"} {
			c := v.cookies[prefix+name]
			if c == nil || c.Path != path || c.Domain != "" || !c.Secure {
				t.Errorf("%s: %s is %v", base, name, c)
			}
		}
		if to, _ := v.visit(http.MethodGet, base+asks+"&prompt=none", nil); !strings.Contains(to.Header.Get("Location"), "code=") {
			t.Errorf("%s: the session is not known where it began: %s", base, to.Header.Get("Location"))
		}
	}
}

// A cookie that is carried from one host to another by a thief, or by a proxy that mixes hosts up, opens nothing there.
func TestASessionOfOneHostOpensNothingOnAnother(t *testing.T) {
	s := street(t)
	for _, at := range bases() {
		v := &visitor{t: t, server: s, cookies: map[string]*http.Cookie{}}
		v.signOn(at)
		for _, elsewhere := range bases() {
			if elsewhere == at {
				continue
			}
			thief := &visitor{t: t, server: s, cookies: map[string]*http.Cookie{}}
			for name, c := range v.cookies {
				bare := strings.TrimPrefix(name, "__Host-")
				for _, spelt := range []string{bare, "__Host-" + bare} {
					thief.cookies[spelt] = &http.Cookie{Name: spelt, Value: c.Value}
				}
			}
			if to, _ := thief.visit(http.MethodGet, elsewhere+asks+"&prompt=none", nil); !strings.Contains(to.Header.Get("Location"), "error=login_required") {
				t.Errorf("a session of %s at %s: %d %s", at, elsewhere, to.StatusCode, to.Header.Get("Location"))
			}
		}
	}
}
