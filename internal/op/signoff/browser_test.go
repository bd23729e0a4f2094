package signoff_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }

// application is a relying party in the browser: it notes who loads its logout page, and forgets its cookie there.
type application struct {
	origin string
	end    <-chan struct{} // until then its logout page answers nobody; nil: it answers at once
	mu     sync.Mutex
	visits []visit
}

type visit struct {
	query  url.Values
	cookie bool // the application's own came along
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	if r.URL.Path != "/out" {
		http.SetCookie(w, &http.Cookie{Name: "in", Value: "1", Path: "/"})
		return
	}
	_, err := r.Cookie("in")
	a.mu.Lock()
	a.visits = append(a.visits, visit{r.URL.Query(), err == nil})
	a.mu.Unlock()
	if a.end != nil {
		<-a.end
	}
	http.SetCookie(w, &http.Cookie{Name: "in", Path: "/", MaxAge: -1})
}

func (a *application) visited() []visit {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]visit(nil), a.visits...)
}

// provider serves a whole provider and its applications, one of them on another site, until the test ends.
func provider(t *testing.T, apps map[string]*application) (issuer string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port)
	var b strings.Builder
	fmt.Fprintf(&b, "data: %s\nenvironments:\n- id: test\n  hosts: [\"http://auth.vigil.localhost%s\"]\n  signOffQuestion: never\n", t.TempDir(), port)
	b.WriteString("  users: [{username: ada, password: correct horse ada}]\n  applications:\n")
	hosts := map[string]http.Handler{}
	for host, app := range apps {
		app.origin = "http://" + host + port
		hosts[host+port] = app
		id, _, _ := strings.Cut(host, ".")
		fmt.Fprintf(&b, "  - {clientId: %s, type: SINGLE_PAGE_APP, redirectUris: [\"%s/in\"], postLogoutRedirectUris: [\"%s/bye\"], frontchannelLogoutUri: \"%s/out?t=a\"}\n",
			id, app.origin, app.origin, app.origin)
	}
	cfg, found := config.Parse("vigil.yaml", []byte(b.String()), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("%v\n%s", found, b.String())
	}
	s, err := server.New(t.Context(), server.Options{Config: cfg, Hosts: hosts, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		t.Fatal(err)
	}
	stopped, ctx := make(chan error, 1), t.Context()
	go func() { stopped <- s.Serve(ctx, []server.Listener{{Listener: listener, Handler: s}}) }()
	t.Cleanup(func() {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://auth.vigil.localhost" + port + "/as"
}

// signOn joins the session with an application; the first time through the form.
func signOn(tab *chromium.Tab, issuer, clientID string, app *application, form bool) {
	q := url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {app.origin + "/in"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	tab.Do(fmt.Sprintf("void setTimeout(() => { location.href = %q })", issuer+"/authorize?"+q.Encode()))
	if form {
		tab.Type("input[name=username]", "ada")
		tab.Type("input[name=password]", "correct horse ada")
		tab.Click("button[value=signOn]")
	}
	tab.WaitURL(app.origin + "/in")
}

// OIDC Front-Channel Logout 2, 3.
func TestEveryApplicationOfTheBrowserHearsOfASignOffBeforeThePersonGoesOn(t *testing.T) {
	one, two := &application{}, &application{}
	issuer := provider(t, map[string]*application{"one.vigil.localhost": one, "two.elsewhere.localhost": two})
	browser := chromium.Start(t)
	tab := browser.Open(one.origin + "/")
	signOn(tab, issuer, "one", one, true)
	signOn(tab, issuer, "two", two, false)
	tab.Do(fmt.Sprintf("void setTimeout(() => { location.href = %q })", issuer+"/signoff?client_id=one&state=x&post_logout_redirect_uri="+url.QueryEscape(one.origin+"/bye")))
	tab.WaitURL(one.origin + "/bye?state=x")
	var sid string
	for name, app := range map[string]*application{"one": one, "two": two} {
		got := app.visited()
		if len(got) != 1 {
			t.Fatalf("the page of %s was loaded %d times", name, len(got))
		}
		q := got[0].query
		if len(q) != 3 || q.Get("t") != "a" || q.Get("iss") != issuer || q.Get("sid") == "" || sid != "" && q.Get("sid") != sid {
			t.Errorf("%s was told %v", name, q)
		}
		sid = q.Get("sid")
	}
	if !one.visited()[0].cookie {
		t.Error("an application of the same site did not get its cookie, so it cannot know whom to forget")
	}
	for _, line := range tab.Console() {
		if strings.Contains(line, "Content Security Policy") {
			t.Error(line)
		}
	}
}

func TestAPageThatNeverLoadsKeepsNobody(t *testing.T) {
	end := make(chan struct{})
	one, two := &application{}, &application{end: end}
	issuer := provider(t, map[string]*application{"one.vigil.localhost": one, "two.elsewhere.localhost": two})
	t.Cleanup(func() { close(end) })
	browser := chromium.Start(t)
	tab := browser.Open(one.origin + "/")
	signOn(tab, issuer, "one", one, true)
	signOn(tab, issuer, "two", two, false)
	began := time.Now()
	tab.Do(fmt.Sprintf("void setTimeout(() => { location.href = %q })", issuer+"/signoff?client_id=one&post_logout_redirect_uri="+url.QueryEscape(one.origin+"/bye")))
	tab.WaitURL(one.origin + "/bye")
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("the person went on after %v", took)
	}
	if len(one.visited()) != 1 || len(two.visited()) != 1 {
		t.Errorf("%d and %d pages were loaded", len(one.visited()), len(two.visited()))
	}
}
