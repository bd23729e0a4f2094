package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// agent is one browser and the application in it, on a connection of its own.
type agent struct {
	number int
	http   *http.Client
	server *child
	app    *application
	code   string
	tokens
	step     interaction
	page     string // the flow page that waits for an answer
	pageForm url.Values
}

// tokens are what the application got last.
type tokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

const host = "sso.example.com"

func newAgent(number int, server *child) (*agent, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &agent{number: number, server: server, app: spa, http: &http.Client{
		Jar:           secureJar{jar},
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// forget makes the browser a new one: a provider whose session goes on asks nothing.
func (a *agent) forget() error {
	jar, err := cookiejar.New(nil)
	a.http.Jar = secureJar{jar}
	return err
}

// secureJar treats plain loopback as the TLS connection that stands before a real server.
type secureJar struct{ http.CookieJar }

func (j secureJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(&url.URL{Scheme: "https", Host: host, Path: u.Path}, cookies)
}

func (j secureJar) Cookies(u *url.URL) []*http.Cookie {
	return j.CookieJar.Cookies(&url.URL{Scheme: "https", Host: host, Path: u.Path})
}

// send makes one request and gives status, Location and body.
func (a *agent) send(method, path string, form url.Values) (status int, location string, body []byte, err error) {
	var content io.Reader
	if form != nil {
		content = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, "http://"+a.server.address+path, content)
	if err != nil {
		return 0, "", nil, err
	}
	r.Host = host
	if a.server.proxied {
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := a.http.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, response.Header.Get("Location"), body, err
}

// silent is one silent check: prompt=none, a code comes back.
func (a *agent) silent() error {
	_, location, _, err := a.send(http.MethodGet, a.app.path("prompt", "none"), nil)
	if err != nil {
		return err
	}
	return a.take(location)
}

// take keeps the code of an authorization response.
func (a *agent) take(location string) error {
	u, err := url.Parse(location)
	if err != nil {
		return err
	}
	if a.code = u.Query().Get("code"); a.code == "" {
		return fmt.Errorf("no code in %q", location)
	}
	return nil
}

// exchange redeems the code.
func (a *agent) exchange() error {
	return a.token(url.Values{
		"grant_type": {"authorization_code"}, "code": {a.code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
	})
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// open begins a sign-on and stops at its page.
func (a *agent) open() error {
	_, location, _, err := a.send(http.MethodGet, a.app.path(), nil)
	if err != nil {
		return err
	}
	u, err := url.Parse(location)
	if err != nil || u.Host != host {
		return fmt.Errorf("no page to go to: %q", location)
	}
	_, _, body, err := a.send(http.MethodGet, u.RequestURI(), nil)
	if err != nil {
		return err
	}
	a.page = u.RequestURI()
	return a.read(body)
}

// read takes the hidden inputs of a page.
func (a *agent) read(body []byte) error {
	if !bytes.Contains(body, []byte("_version")) {
		return fmt.Errorf("no form in the page: %.200s", body)
	}
	a.pageForm = url.Values{}
	for _, m := range hiddenInput.FindAllSubmatch(body, -1) {
		a.pageForm.Set(string(m[1]), string(m[2]))
	}
	return nil
}

// again answers the page so that it comes again.
func (a *agent) again() error {
	a.pageForm.Set("_button", "again")
	_, _, body, err := a.send(http.MethodPost, a.page, a.pageForm)
	if err != nil {
		return err
	}
	return a.read(body)
}

// signOn is a whole sign-on: authorize, page, password, resume.
func (a *agent) signOn() error {
	if err := a.open(); err != nil {
		return err
	}
	a.pageForm.Set("_button", "signOn")
	a.pageForm.Set("username", fmt.Sprintf("user%d", a.number))
	a.pageForm.Set("password", fmt.Sprintf("correct horse %d", a.number))
	_, location, _, err := a.send(http.MethodPost, a.page, a.pageForm)
	if err != nil {
		return err
	}
	u, err := url.Parse(location)
	if err != nil {
		return err
	}
	if _, location, _, err = a.send(http.MethodGet, u.RequestURI(), nil); err != nil {
		return err
	}
	return a.take(location)
}

// signOff ends the session by its hint.
func (a *agent) signOff() error {
	_, location, _, err := a.send(http.MethodGet, "/as/signoff?id_token_hint="+a.ID+
		"&post_logout_redirect_uri="+url.QueryEscape("https://spa.example.com/bye"), nil)
	if err == nil && location != "https://spa.example.com/bye" {
		err = fmt.Errorf("sign-off led to %q", location)
	}
	return err
}

// get asks for a path and wants a status.
func (a *agent) want(method, path string, want int) error {
	status, _, body, err := a.send(method, path, nil)
	if err == nil && status != want {
		err = fmt.Errorf("%s: %d %.200s", path, status, body)
	}
	return err
}
