package interop

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// person has a browser that knows cookies, redirects and forms, and no scripts.
type person struct {
	t       *testing.T
	http    *http.Client
	answers url.Values // to the questions of pages; `button` is pressed instead of the first
}

func newPerson(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, answers: url.Values{"username": {"ada"}, "password": {"correct horse ada"}}, http: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var (
	formTag   = regexp.MustCompile(`(?s)<form\b.*?</form>`)
	inputTag  = regexp.MustCompile(`<input\b[^>]*>`)
	buttonTag = regexp.MustCompile(`<button\b[^>]*>`)
	attribute = regexp.MustCompile(`\s(name|value|type|action)="([^"]*)"`)
)

func attributes(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		found[m[1]] = html.UnescapeString(m[2])
	}
	return found
}

// fill gives what the form of a page sends, and where. Nil: it has none.
func (p *person) fill(page string) (action string, sent url.Values) {
	form := formTag.FindString(page)
	if form == "" {
		return "", nil
	}
	sent = url.Values{}
	for _, tag := range inputTag.FindAllString(form, -1) {
		input := attributes(tag)
		sent.Set(input["name"], input["value"])
		if answer, known := p.answers[input["name"]]; known && input["type"] != "hidden" {
			sent[input["name"]] = answer
		}
	}
	if button := attributes(buttonTag.FindString(form)); button["name"] != "" {
		sent.Set(button["name"], button["value"])
		if other := p.answers.Get("button"); other != "" {
			sent.Set(button["name"], other)
		}
	}
	return attributes(form[:strings.Index(form, ">")])["action"], sent
}

// visit goes to an address and through all pages that come, until the browser would ask for an address that begins with end: it gives the
// parameters there. Without an end it stops at a page that asks nothing, and gives its text.
func (p *person) visit(address, end string) (arrived url.Values, page string) {
	p.t.Helper()
	method, form := http.MethodGet, url.Values(nil)
	for range 20 {
		at, err := url.Parse(address)
		if err != nil {
			p.t.Fatal(err)
		}
		if end != "" && strings.HasPrefix(address, end) {
			arrived = at.Query()
			maps.Copy(arrived, form)
			return arrived, ""
		}
		request, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			p.t.Fatal(err)
		}
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Origin", at.Scheme+"://"+at.Host)
		}
		response, err := p.http.Do(request)
		if err != nil {
			p.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			p.t.Fatal(err)
		}
		next := response.Header.Get("Location")
		if method, form = http.MethodGet, nil; next == "" {
			if next, form = p.fill(string(body)); form == nil {
				if end != "" {
					p.t.Fatalf("%s ends with %d: %s", address, response.StatusCode, body)
				}
				return nil, string(body)
			}
			method = http.MethodPost
		}
		to, err := at.Parse(next)
		if err != nil {
			p.t.Fatal(err)
		}
		address = to.String()
	}
	p.t.Fatalf("no end of pages at %s", address)
	return nil, ""
}
