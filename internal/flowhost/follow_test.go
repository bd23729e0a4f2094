package flowhost_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// noted writes a line about whoever is signed on before they go on.
const noted = `flow: noted
title: Note who comes
start: session
nodes:
  session:
    do: session.check
    then: {active: note, none: ask}
  ask:
    form: {title: Wait here, buttons: [{name: go, label: Go on}]}
    then: {go: session}
  note:
    do: audit.record
    with: {event: came}
    then: {done: done}
  done: {end: success, with: {user: = session.user}}
`

// follows asks for a tab, by the query of its page, whether it may go on, and gives the status.
func (s *surfer) follows(query string, headers ...string) int {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, home+"/as/follow?"+query, nil)
	r.Header.Set("Origin", home)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range s.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	s.last = httptest.NewRecorder()
	s.server.ServeHTTP(s.last, r)
	s.jar.SetCookies(r.URL, s.last.Result().Cookies())
	s.body = s.last.Body.String()
	return s.last.Code
}

// tab begins a sign-on, and gives the query of the page that it stops at.
func (s *surfer) tab(parameters string) string {
	s.t.Helper()
	s.visit(http.MethodGet, strings.Replace(authorize, "state=s", "state=mine", 1)+parameters, nil)
	_, query, found := strings.Cut(s.find(action), "?")
	if !found {
		s.t.Fatal("the page is of no run")
	}
	return query
}

func TestATabGoesOnWithASessionThatBeganInAnotherAndOnlyThen(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	waiting := b.tab("")
	b.shows(`<script src="/static/page/follow.js" data-ask="/as/follow" data-cookie="__Host-OPUAS" defer></script>`)
	if status := b.follows(waiting); status != http.StatusNoContent {
		t.Errorf("while nobody is signed on: %d", status)
	}
	b.signOn("correct horse")
	other := h.browser()
	other.signOn("correct horse")
	for name, status := range map[string]int{
		"a page of another site":    b.follows(waiting, "Origin", "https://evil.example.com"),
		"a link of another site":    b.follows(waiting, "Origin", "", "Sec-Fetch-Site", "cross-site"),
		"a page of the same domain": b.follows(waiting, "Sec-Fetch-Site", "same-site"),
	} {
		if status != http.StatusForbidden {
			t.Errorf("%s is answered %d", name, status)
		}
	}
	if status := other.follows(waiting); status != http.StatusNoContent {
		t.Errorf("another browser is answered %d", status)
	}
	if status := b.follows(waiting); status != http.StatusOK {
		t.Fatalf("%d %s", status, b.body)
	}
	b.visit(http.MethodGet, strings.TrimPrefix(b.body, home), nil).returned("code=")
	b.returned("state=mine")
	if status := b.follows(waiting); status != http.StatusNoContent {
		t.Errorf("a second time: %d", status)
	}
}

func TestATabGoesOnWithWhatWasProvedInTheSameSessionInAnother(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	b.signOn("correct horse")
	h.pass(10 * time.Minute)
	waiting := b.tab("&max_age=60")
	if status := b.follows(waiting); status != http.StatusNoContent {
		t.Errorf("with the old proof: %d", status)
	}
	h.pass(time.Second)
	b.visit(http.MethodGet, authorize+"&max_age=60", nil).press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	if status := b.follows(waiting); status != http.StatusOK {
		t.Errorf("with the new proof: %d", status)
	}
}

func TestATabThatFollowsOnlyReads(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	waiting := b.tab("&acr_values=noted")
	b.signOn("correct horse")
	if status := b.follows(waiting); status != http.StatusNoContent {
		t.Errorf("a flow that writes on its way: %d", status)
	}
	b.visit(http.MethodGet, "/signon/?"+waiting, nil).press("go").returned("code=")
}
