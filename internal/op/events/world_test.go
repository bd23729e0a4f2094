package events_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// world is a provider on a real port, and browsers that hold nothing but cookies. Its clock is the machine's and an offset.
type world struct {
	t      testing.TB
	server *server.Server
	port   string
	stop   func() error

	mu     sync.Mutex
	offset time.Duration
}

const app = "https://app.example.com"

func newWorld(t testing.TB, environment ...string) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, port: fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)}
	source := fmt.Sprintf("data: data\nenvironments:\n- id: test\n  name: Test\n  hosts: [%q]\n  defaultFlow: sign-on\n", w.issuer())
	for _, line := range environment {
		source += "  " + line + "\n"
	}
	source += "  applications:\n" +
		"  - {clientId: spa, name: spa, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: [\"" + app + "/callback\"]}\n" +
		"  - {clientId: other, name: other, type: SINGLE_PAGE_APP, redirectUris: [\"https://other.example.com/callback\"]}\n"
	cfg, found := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(source), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, source)
	}
	if w.server, err = server.New(t.Context(), server.Options{Config: cfg, Now: w.now, Passwords: password.Cheapest(), RSA: rsaKeys.Next}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, []server.Listener{{Listener: listener, Handler: w.server}}) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) issuer() string { return "http://auth.vigil.localhost:" + w.port }

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset += d
}

// person is somebody's browser with a session.
type person struct {
	*world
	session *session.Session
	secret  [16]byte
	cookies string
}

// signedOn starts a session as a flow does.
func (w *world) signedOn(seed byte) *person { w.t.Helper(); return w.signedOnAs(seed) }

// signedOnAs does it for more seeds.
func (w *world) signedOnAs(seed ...byte) *person {
	w.t.Helper()
	var random [16]byte
	copy(random[:], seed)
	p := &person{world: w, session: &session.Session{
		ID: session.NewID(w.now(), random), EnvironmentID: "test", Origin: w.issuer(), UserID: "ada",
		Gen: strings.Repeat(string('A'+rune(seed[0]%20)), 8) + "BBBBBBBBBBBBBB", CreatedAt: w.now(), LastActivity: w.now(),
		IdleTimeout: 30 * time.Minute, Applications: []string{"spa"},
	}}
	secret, digest, err := useragent.NewSecret(strings.NewReader(strings.Repeat("secret..", 2)))
	if err != nil {
		w.t.Fatal(err)
	}
	p.secret, p.session.SecretDigest = secret, digest
	p.write(store.PutNewSession)
	p.takeCookies()
	return p
}

func (p *person) write(put func(kv.Tx, *session.Session) error) {
	p.t.Helper()
	if err := p.server.Sessions.KV.Update(p.t.Context(), func(tx kv.Tx) error { return put(tx, p.session) }); err != nil {
		p.t.Fatal(err)
	}
}

// takeCookies gives the browser what the end of a sign-on writes.
func (p *person) takeCookies() {
	p.t.Helper()
	host := strings.TrimPrefix(p.issuer(), "http://")
	base, _, _ := p.server.Tenants.Find(host, "/")
	agents := useragent.Agents{Sessions: p.server.Sessions, Now: p.now, CodecsOf: func(string) useragent.Codecs {
		return useragent.NewCodecs(p.server.Keys.Secret("test", "session tokens"))
	}}
	agent, err := agents.Recognise(httptest.NewRequest(http.MethodGet, "/", nil), base)
	if err != nil {
		p.t.Fatal(err)
	}
	h := http.Header{}
	if err := agent.SignOn(h, p.session, p.secret); err != nil {
		p.t.Fatal(err)
	}
	var pairs []string
	for _, line := range h.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		pairs = append(pairs, pair)
	}
	p.cookies = strings.Join(pairs, "; ")
}

func (p *person) mark() string { return p.session.Gen[:8] }

func (p *person) end(reason store.Reason) {
	p.t.Helper()
	if _, err := p.server.Sessions.End(p.t.Context(), p.session.ID, p.server.Sessions.Ending(reason, p.now())); err != nil {
		p.t.Fatal(err)
	}
}

// idToken is one that an application got in the session, long ago.
func (p *person) idToken() string {
	p.t.Helper()
	claims := fmt.Sprintf(`{"iss":%q,"sub":"ada","aud":"spa","exp":1,"iat":1,"sid":%q}`, p.issuer()+"/as", grant.PublicSessionID(p.session.ID[:]))
	token, err := p.server.Keys.Ring("test").Sign("ES256", keys.TypeIDToken, []byte(claims))
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// line is one event of a stream, or "end".
type line struct {
	name string
	data map[string]any
	at   time.Time
}

// stream is an open answer.
type stream struct {
	t      testing.TB
	status int
	header http.Header
	lines  chan line
	close  func()
}

// open asks for a stream with headers, each `Name: value`; Host among them.
func (w *world) open(path string, headers ...string) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+w.port+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(w.issuer(), "http://")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	response, err := (&http.Transport{}).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	s := &stream{t: w.t, status: response.StatusCode, header: response.Header, lines: make(chan line, 100), close: cancel}
	go func() {
		defer func() { _ = response.Body.Close() }()
		var l line
		for in := bufio.NewScanner(response.Body); in.Scan(); {
			if name, ok := strings.CutPrefix(in.Text(), "event: "); ok {
				l = line{name: name}
			} else if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				l.at = time.Now()
				if json.Unmarshal([]byte(data), &l.data) == nil {
					s.lines <- l
				}
			}
		}
		s.lines <- line{name: "end", at: time.Now()}
	}()
	return s
}

func (p *person) follow(headers ...string) *stream {
	p.t.Helper()
	return p.open("/as/session/events", append([]string{"Cookie: " + p.cookies, "Sec-Fetch-Site: same-origin"}, headers...)...)
}

// next waits for an event.
func (s *stream) next(name string) line {
	s.t.Helper()
	select {
	case l := <-s.lines:
		if l.name != name {
			s.t.Fatalf("%s %v came, want %s", l.name, l.data, name)
		}
		return l
	case <-time.After(time.Minute):
		s.t.Fatalf("no %s came", name)
	}
	return line{}
}

// silent waits and hears nothing.
func (s *stream) silent(d time.Duration) {
	s.t.Helper()
	select {
	case l := <-s.lines:
		s.t.Fatalf("%s %v came", l.name, l.data)
	case <-time.After(d):
	}
}

// ticket asks for a ticket.
func (w *world) ticket(idToken, origin string) (status int, ticket string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://127.0.0.1:"+w.port+"/as/session/ticket",
		strings.NewReader(url.Values{"id_token": {idToken}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(w.issuer(), "http://")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var body struct{ Ticket string }
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		w.t.Fatal(err)
	}
	if allowed := response.Header.Get("Access-Control-Allow-Origin"); response.StatusCode == http.StatusOK && allowed != origin {
		w.t.Errorf("the page of %s cannot read the answer: it is for %q", origin, allowed)
	}
	return response.StatusCode, body.Ticket
}

func (w *world) byTicket(ticket, origin string) *stream {
	w.t.Helper()
	return w.open("/as/session/events?ticket="+url.QueryEscape(ticket), "Origin: "+origin, "Sec-Fetch-Site: cross-site")
}
