package iframe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"vigil/iframe"
	"vigil/internal/chromium"
)

func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }

// world is a provider at auth.vigil.localhost, applications at app1 and app2 beside it, a stranger at evil.localhost, and one
// person's browser. Every other host serves the page of a parent too.
type world struct {
	t        *testing.T
	browser  *chromium.Browser
	scheme   string
	port     string // with its colon; empty on the standard ports
	prefix   string
	byAsking [][2]string // pairs that only the endpoint of misses knows
	broken   bool        // the endpoint of misses fails
	slow     chan struct{}

	mu   sync.Mutex
	page []byte
	head map[string]string
	log  []string // requests to the provider, but for streams

	streams []*stream // that were opened, the oldest first
	refuse  int       // so many streams are answered 503
}

const client = "spa"

// newWorld builds the world on a port of its own, with client registered at app1 and app2 in the page.
func newWorld(t *testing.T, prefix string) *world {
	t.Helper()
	w := &world{t: t, browser: chromium.Start(t), scheme: "http", prefix: prefix}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.port = server.URL[strings.LastIndexByte(server.URL, ':'):]
	w.publish([][2]string{{client, w.origin("app1.vigil.localhost")}, {client, w.origin("app2.vigil.localhost")}})
	return w
}

// onStandardPorts builds the world without a port in its origins.
func onStandardPorts(t *testing.T, scheme, prefix string) *world {
	t.Helper()
	w := &world{t: t, browser: chromium.Start(t), scheme: scheme, prefix: prefix}
	w.browser.Serve(w)
	w.publish([][2]string{{client, w.origin("app1.vigil.localhost")}})
	return w
}

func (w *world) publish(pairs [][2]string) {
	cfg := iframe.PageConfig{Prefix: w.prefix}
	for _, pair := range pairs {
		cfg.Digests = append(cfg.Digests, iframe.Digest(pair[0], pair[1]))
	}
	w.page, _, w.head = iframe.Page(cfg)
}

func (w *world) origin(host string) string { return w.scheme + "://" + host + w.port }
func (w *world) issuer() string            { return w.origin("auth.vigil.localhost") }
func (w *world) pageURL() string           { return w.issuer() + "/as/checksession" }
func (w *world) app(n int) string          { return w.origin(fmt.Sprintf("app%d.vigil.localhost", n)) }

// ServeHTTP is the provider and everybody else.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Host, "auth.") {
		for _, header := range r.URL.Query()["header"] {
			name, value, _ := strings.Cut(header, ": ")
			rw.Header().Set(name, value)
		}
		http.ServeFile(rw, r, "testdata/parent.html")
		return
	}
	if r.URL.Path == "/as/session/events" {
		w.stream(rw, r)
		return
	}
	w.mu.Lock()
	w.log = append(w.log, r.Method+" "+r.URL.Path)
	page, head, broken, slow := w.page, w.head, w.broken, w.slow
	w.mu.Unlock()
	switch r.URL.Path {
	case "/as/checksession":
		for name, value := range head {
			rw.Header().Set(name, value)
		}
		_, _ = rw.Write(page)
	case "/as/checksession/registered":
		if slow != nil {
			<-slow
		}
		if broken {
			http.Error(rw, "out of order", http.StatusServiceUnavailable)
			return
		}
		query := r.URL.Query()
		known := slices.Contains(w.byAsking, [2]string{query.Get("client_id"), query.Get("origin")})
		_ = json.NewEncoder(rw).Encode(map[string]bool{"registered": known})
	case "/cookies":
		for _, cookie := range r.URL.Query()["set"] {
			rw.Header().Add("Set-Cookie", cookie)
		}
	}
}

// requests returns what the provider was asked so far.
func (w *world) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// misses counts the questions to the endpoint of misses.
func (w *world) misses() int {
	n := 0
	for _, request := range w.requests() {
		if strings.HasSuffix(request, "/registered") {
			n++
		}
	}
	return n
}

func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// hold makes the endpoint of misses wait until its answers are released.
func (w *world) hold() (release func()) {
	slow := make(chan struct{})
	w.change(func() { w.slow = slow })
	release = sync.OnceFunc(func() { close(slow) })
	w.t.Cleanup(release)
	return release
}

// open opens an application that embeds the page.
func (w *world) open(origin string) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open(origin + "/")
	w.embed(tab)
	return tab
}

func (w *world) embed(tab *chromium.Tab) {
	w.t.Helper()
	tab.Do(fmt.Sprintf("embed(%q)", w.pageURL()))
}

// another is another tab, at the provider, whose responses write cookies.
func (w *world) another() *provider {
	w.t.Helper()
	return &provider{world: w, tab: w.browser.Open(w.issuer() + "/")}
}

type provider struct {
	*world
	tab     *chromium.Tab
	written []string // by replaceCookies
}

// write has the provider set cookies, each `name=value` and perhaps attributes; names get the prefix.
func (p *provider) write(cookies ...string) {
	p.t.Helper()
	query := url.Values{}
	for _, cookie := range cookies {
		query.Add("set", p.prefix+cookie+"; Path=/; Secure; SameSite=Lax")
	}
	p.tab.Do(fmt.Sprintf("fetch(%q)", "/cookies?"+query.Encode()))
}

// signOn begins a session that lives for some seconds.
func (p *provider) signOn(opuas iframe.OPUAS, seconds int) {
	p.t.Helper()
	cookies := []string{
		"OPUAS=" + opuas.String() + "; Max-Age=34560000",
		fmt.Sprintf("%s=1; Max-Age=%d", iframe.CountdownName(opuas.Gen), seconds),
	}
	if opuas.BrowserRun {
		cookies = append(cookies, iframe.BrowserRunName(opuas.Gen)+"=1")
	}
	p.write(cookies...)
}

// signOff ends it.
func (p *provider) signOff(opuas iframe.OPUAS) {
	p.t.Helper()
	p.write("OPUAS=a; Max-Age=34560000", iframe.CountdownName(opuas.Gen)+"=; Max-Age=0")
}

// question is what an application at an origin asks when it holds a session_state over a user agent state.
func (w *world) question(origin string, opuas iframe.OPUAS) string {
	return client + " " + iframe.Compute(client, origin, w.issuer(), opuas.String(), [12]byte{1, 2, 3})
}

// ask posts a question in a tab and returns the answer.
func ask(tab *chromium.Tab, question string) string {
	return chromium.Eval[string](tab, fmt.Sprintf("ask(%q)", question))
}

// heard is all the tab was told since it embedded the page.
func heard(tab *chromium.Tab) []string { return chromium.Eval[[]string](tab, "heard") }

func session(n byte) iframe.OPUAS { return iframe.OPUAS{Gen: iframe.NewGen([16]byte{n})} }
