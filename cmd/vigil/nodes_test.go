package main

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil/internal/fixture"
)

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
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
	page := c.ask(c.servers[0], http.MethodGet, "/as/signoff", nil, "Cookie", c.jar())
	if form := hiddenField.FindAllStringSubmatch(page.body, -1); form != nil { // without a hint it asks
		fields := url.Values{}
		for _, m := range form {
			fields.Set(m[1], m[2])
		}
		fields.Set("_button", "signOff")
		c.ask(c.servers[0], http.MethodPost, "/as/signoff/confirm", fields, "Cookie", c.jar(), "Origin", "https://sso.example.com")
	}
	until("ended")
	if e := c.silent().Get("error"); e != "login_required" {
		c.t.Errorf("after the sign-off a silent check says %q", e)
	}
	fixture.Until(c.t, "the application is told", func() bool { return c.logouts.Load() > 0 })
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
	// The last of its processes may still answer.
	fixture.Until(t, "the server misses its database", func() bool { return get("/readyz") != http.StatusOK })
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
