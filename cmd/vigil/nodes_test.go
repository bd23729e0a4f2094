package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil/internal/fixture"
)

// shared is a configuration of servers on one database, behind whatever ends TLS for the host. An application is told of endings.
const sharedConfiguration = `listen: 127.0.0.1:0
data: data
store: ${STORE}
environments:
  - id: one
    hosts: ["https://sso.example.com"]
    allowPrivateLogoutAddresses: true
    applications:
      - clientId: spa
        type: SINGLE_PAGE_APP
        opSessionCheckEnabled: true
        grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN]
        redirectUris: ["https://spa.example.com/callback"]
        backchannelLogoutUri: "LOGOUT"
      - clientId: tv
        type: NATIVE_APP
        grantTypes: [DEVICE_CODE]
    users:
      - {username: ada, password: correct horse ada}
`

// cluster is two servers on one database, and one person's browser, whose requests go to them in turns.
type cluster struct {
	t        *testing.T
	servers  [2]*running
	requests int
	cookies  map[string]string
	verifier string
	logouts  atomic.Int32
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, cookies: map[string]string{}, verifier: strings.Repeat("a verifier of an application ", 2)}
	c.verifier = strings.ReplaceAll(c.verifier, " ", "-")
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { c.logouts.Add(1) }))
	t.Cleanup(app.Close)
	store := database(t)
	var starting sync.WaitGroup
	for i := range c.servers {
		b := newBench(t)
		b.env = append(b.env, "STORE="+store)
		b.write("vigil.yaml", strings.Replace(sharedConfiguration, "LOGOUT", app.URL, 1))
		starting.Go(func() { c.servers[i] = b.serve() }) // both find an empty database
	}
	starting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// reply is an answer that was read.
type reply struct {
	status   int
	location string
	body     string
}

func (r reply) text(name string) string {
	var fields map[string]any
	_ = json.Unmarshal([]byte(r.body), &fields)
	text, _ := fields[name].(string)
	return text
}

// send sends a request to one server.
func (c *cluster) send(server *running, r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host, r.Host = "http", server.address, "sso.example.com"
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client.Do(r)
}

// ask is send for answers that end.
func (c *cluster) ask(server *running, method, path string, form url.Values, headers ...string) reply {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Error(err)
		return reply{}
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.send(server, r)
	if err != nil {
		c.t.Error(err)
		return reply{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Error(err)
	}
	for _, cookie := range response.Cookies() {
		if c.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		}
	}
	return reply{response.StatusCode, response.Header.Get("Location"), string(body)}
}

// visit is a request of the browser: to the other server each time.
func (c *cluster) visit(method, path string, form url.Values) reply {
	c.t.Helper()
	c.requests++
	return c.ask(c.servers[c.requests%2], method, path, form, "Cookie", c.jar())
}

func (c *cluster) jar() string {
	var all []string
	for name, value := range c.cookies {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// follow goes on at addresses of the provider, until there is a page or the application has its answer.
func (c *cluster) follow(r reply) reply {
	c.t.Helper()
	for strings.HasPrefix(r.location, "https://sso.example.com/") || strings.HasPrefix(r.location, "/") {
		r = c.visit(http.MethodGet, strings.TrimPrefix(r.location, "https://sso.example.com"), nil)
	}
	return r
}

func (c *cluster) query() url.Values {
	challenge := sha256.Sum256([]byte(c.verifier))
	return url.Values{
		"client_id": {"spa"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"st"}, "nonce": {"no"}, "redirect_uri": {"https://spa.example.com/callback"},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
}

// silent asks for a code without a page.
func (c *cluster) silent() url.Values {
	q := c.query()
	q.Set("prompt", "none")
	return c.answered(c.follow(c.visit(http.MethodGet, "/as/authorize?"+q.Encode(), nil)))
}

func (c *cluster) answered(r reply) url.Values {
	c.t.Helper()
	u, err := url.Parse(r.location)
	if err != nil || u.Host != "spa.example.com" {
		c.t.Fatalf("the application got no answer: %d %s\n%s", r.status, r.location, r.body)
	}
	return u.Query()
}

func (c *cluster) signOn() (code string) {
	c.t.Helper()
	at := c.visit(http.MethodGet, "/as/authorize?"+c.query().Encode(), nil).location
	at = strings.TrimPrefix(at, "https://sso.example.com")
	page := c.visit(http.MethodGet, at, nil)
	return c.answered(c.follow(c.visit(http.MethodPost, at, filled(page)))).Get("code")
}

// filled is the sign-on page's form as ada sends it.
func filled(page reply) url.Values {
	form := url.Values{"username": {"ada"}, "password": {"correct horse ada"}, "_button": {"signOn"}}
	for _, m := range hiddenField.FindAllStringSubmatch(page.body, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

// race sends one request 32 times, half of them to each server.
func (c *cluster) race(method, path string, form url.Values, headers ...string) []reply {
	replies := make([]reply, 32)
	before := c.cookies
	var all sync.WaitGroup
	for i := range replies {
		all.Go(func() {
			one := &cluster{t: c.t, cookies: map[string]string{}}
			replies[i] = one.ask(c.servers[i%2], method, path, form, headers...)
		})
	}
	all.Wait()
	c.cookies = before
	return replies
}

func count200(replies []reply) (n int) {
	for _, r := range replies {
		if r.status == http.StatusOK {
			n++
		}
	}
	return n
}

func TestTwoServersOnOneDatabaseAreOneProvider(t *testing.T) {
	c := newCluster(t)
	code := c.signOn()
	redemption := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"spa"}, "redirect_uri": {"https://spa.example.com/callback"}, "code": {code}, "code_verifier": {c.verifier},
	}
	replies := c.race(http.MethodPost, "/as/token", redemption)
	if n := count200(replies); n != 1 {
		t.Fatalf("one code earned tokens %d times: %+v", n, replies[0])
	}
	// A code that came again revoked what it had earned: the next one is redeemed once.
	redemption.Set("code", c.silent().Get("code"))
	tokens := c.ask(c.servers[0], http.MethodPost, "/as/token", redemption)
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {"spa"}, "refresh_token": {tokens.text("refresh_token")}}
	next := map[string]bool{}
	for _, r := range c.race(http.MethodPost, "/as/token", refresh) {
		next[r.text("refresh_token")] = true
	}
	if len(next) != 1 || next[""] || next[tokens.text("refresh_token")] {
		t.Errorf("a refresh token that raced was followed by %d others", len(next))
	}
	c.pushedRequest()
	c.deviceCode()
	c.ticket(tokens.text("id_token"))
	c.ending()
}

func (c *cluster) pushedRequest() {
	c.t.Helper()
	q := c.query()
	q.Set("prompt", "none")
	pushed := c.ask(c.servers[0], http.MethodPost, "/as/par", q)
	address := "/as/authorize?" + url.Values{"client_id": {"spa"}, "request_uri": {pushed.text("request_uri")}}.Encode()
	codes := 0
	for _, r := range c.race(http.MethodGet, address, nil, "Cookie", c.jar()) {
		if strings.Contains(r.location, "code=") {
			codes++
		}
	}
	if codes != 1 {
		c.t.Errorf("one pushed request gave %d codes: %+v", codes, pushed)
	}
}

func (c *cluster) deviceCode() {
	c.t.Helper()
	began := c.ask(c.servers[0], http.MethodPost, "/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid"}})
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {"tv"}, "device_code": {began.text("device_code")}}
	if r := c.ask(c.servers[1], http.MethodPost, "/as/token", form); r.text("error") != "authorization_pending" {
		c.t.Errorf("the other server says of a device code %+v", r)
	}
}

// ticket opens a stream on one server with what the other gave, once.
func (c *cluster) ticket(idToken string) {
	c.t.Helper()
	origin := []string{"Origin", "https://spa.example.com"}
	given := c.ask(c.servers[0], http.MethodPost, "/as/session/ticket", url.Values{"id_token": {idToken}}, origin...)
	if given.status != http.StatusOK {
		c.t.Fatalf("%+v", given)
	}
	var opened, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/as/session/events?ticket="+given.text("ticket"), nil)
			if err != nil {
				c.t.Error(err)
				return
			}
			r.Header.Set(origin[0], origin[1])
			response, err := c.send(c.servers[i%2], r)
			if err != nil {
				c.t.Error(err)
				return
			}
			defer response.Body.Close()
			if response.StatusCode == http.StatusOK {
				opened.Add(1)
			} else {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if opened.Load() != 1 || refused.Load() != 7 {
		c.t.Errorf("one ticket opened %d streams, %d were refused", opened.Load(), refused.Load())
	}
}

// ending signs off on one server while a tab listens to the other.
func (c *cluster) ending() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/as/session/events", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Cookie", c.jar())
	response, err := c.send(c.servers[1], r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	until := func(event string) {
		c.t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+event {
				return
			}
		}
		c.t.Fatalf("the stream ended before %q: %v", event, lines.Err())
	}
	until("extended")
	began := time.Now()
	page := c.ask(c.servers[0], http.MethodGet, "/as/signoff", nil, "Cookie", c.jar())
	if form := hiddenField.FindAllStringSubmatch(page.body, -1); form != nil { // without a hint it asks
		fields := url.Values{}
		for _, m := range form {
			fields.Set(m[1], m[2])
		}
		fields.Set("_button", "signOff")
		began = time.Now()
		c.ask(c.servers[0], http.MethodPost, "/as/signoff/confirm", fields, "Cookie", c.jar(), "Origin", "https://sso.example.com")
	}
	until("ended")
	if took := time.Since(began); took > time.Second {
		c.t.Errorf("a tab of the other server heard of the end after %v", took)
	}
	if e := c.silent().Get("error"); e != "login_required" {
		c.t.Errorf("after the sign-off a silent check says %q", e)
	}
	time.Sleep(2500 * time.Millisecond) // both servers have looked for what is owed
	if n := c.logouts.Load(); n != 1 {
		c.t.Errorf("the application was told %d times", n)
	}
}

func TestWhatOneServerBeganAnotherFinishesWhenItIsKilled(t *testing.T) {
	c := newCluster(t)
	c.requests = 1 // the first request goes to the first server
	at := strings.TrimPrefix(c.visit(http.MethodGet, "/as/authorize?"+c.query().Encode(), nil).location, "https://sso.example.com")
	if err := c.servers[0].c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.servers[0] = c.servers[1]
	page := c.visit(http.MethodGet, at, nil)
	if c.answered(c.follow(c.visit(http.MethodPost, at, filled(page)))).Get("code") == "" {
		t.Error("no code")
	}
}

func TestAServerLivesOnWhileItsDatabaseIsAway(t *testing.T) {
	database, err := fixture.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Stop() })
	b := newBench(t)
	b.env = append(b.env, "STORE="+database.Address("vigil"))
	b.write("vigil.yaml", strings.Replace(sharedConfiguration, "LOGOUT", "https://spa.example.com/logout", 1))
	server := b.serve()
	c := &cluster{t: t, cookies: map[string]string{}, verifier: strings.Repeat("verifier", 8)}
	get := func(path string) int { return c.ask(server, http.MethodGet, path, nil).status }
	authorize := "/as/authorize?" + c.query().Encode()
	if ready, asked := get("/readyz"), get(authorize); ready != http.StatusOK || asked != http.StatusFound {
		t.Fatalf("at first: %d %d", ready, asked)
	}
	if err := database.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); get("/readyz") == http.StatusOK && time.Now().Before(deadline); { // the last of its processes may still answer
		time.Sleep(10 * time.Millisecond)
	}
	if alive, ready, asked := get("/healthz"), get("/readyz"), get(authorize); alive != http.StatusOK || ready != http.StatusServiceUnavailable || asked != http.StatusServiceUnavailable {
		t.Errorf("while the database is away: %d %d %d", alive, ready, asked)
	}
	if err := database.Start(); err != nil {
		t.Fatal(err)
	}
	if ready, asked := get("/readyz"), get(authorize); ready != http.StatusOK || asked != http.StatusFound {
		t.Errorf("when it is back: %d %d\n%s", ready, asked, server.log)
	}
	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d\n%s", code, server.log)
	}
}
