package main

import (
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
	"testing"
	"time"
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
