package flowhost_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/flows"
	"vigil/internal/fixture"
)

// waiting begins a sign-on and stops where the page waits for the link.
func (h *house) waiting() *surfer {
	h.t.Helper()
	b := h.browser().visit(http.MethodGet, authorize, nil)
	b.press("send", "email", "ada@example.com").shows("Look at your e-mail")
	return b
}

func TestALinkSignsOnTheBrowserThatWaitsAndNoOther(t *testing.T) {
	h := open(t)
	desk, phone := h.waiting(), h.browser()
	poll, next := desk.find(asking), desk.find(onward)
	if desk.visit(http.MethodGet, poll, nil); desk.last.Code != http.StatusNoContent {
		t.Fatalf("nobody answered, and the page is told %d", desk.last.Code)
	}
	desk.visit(http.MethodGet, next, nil).shows("Look at your e-mail")

	phone.visit(http.MethodGet, h.link(), nil).shows("Is this you?")
	phone.press("signOn").shows("Thank you")
	if desk.visit(http.MethodGet, poll, nil); desk.last.Code != http.StatusOK {
		t.Fatalf("the link was answered, and the page is told %d", desk.last.Code)
	}
	desk.visit(http.MethodGet, next, nil)
	if at := desk.last.Header().Get("Location"); !strings.Contains(at, "code=") {
		t.Fatalf("the browser that waited is at %q", at)
	}
	if !desk.signedOn() || phone.signedOn() {
		t.Error("the wrong browser is signed on")
	}
}

func TestALinkIsGoodOnce(t *testing.T) {
	h := open(t)
	h.waiting()
	link := h.link()
	first, second := h.browser().visit(http.MethodGet, link, nil), h.browser().visit(http.MethodGet, link, nil)
	first.press("refuse").shows("That was refused")
	second.press("signOn").shows("This link no longer works")
	h.browser().visit(http.MethodGet, link, nil).shows("This link no longer works")
}

func TestOfManyWhoPressOneAnswers(t *testing.T) {
	h := open(t)
	oneAnswers(t, h, h)
}

func TestOfManyWhoPressOnTwoServersOnOneDatabaseOneAnswers(t *testing.T) {
	database, err := fixture.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Stop() })
	shared := "store: '" + database.Address("vigil") + "'\n" + households
	oneAnswers(t, openWith(t, shared, nil), openWith(t, shared, nil))
}

// oneAnswers holds that of many who press, half of them at another server, one answers.
func oneAnswers(t *testing.T, h, other *house) {
	t.Helper()
	h.waiting()
	link := h.link()
	var wg sync.WaitGroup
	said, browsers := make([]string, 8), make([]*surfer, 8)
	for i := range browsers {
		browsers[i] = []*house{h, other}[i%2].browser().visit(http.MethodGet, link, nil)
	}
	for i, b := range browsers {
		wg.Go(func() { said[i] = b.press("signOn").body })
	}
	wg.Wait()
	first := 0
	for _, page := range said {
		if strings.Contains(page, "Thank you") {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d presses counted", first)
	}
}

func TestWhoeverFetchesALinkWithoutPressingChangesNothing(t *testing.T) {
	h := open(t)
	desk := h.waiting()
	poll, link := desk.find(asking), h.link()
	for range 3 {
		h.browser().visit(http.MethodGet, link, nil).shows("Is this you?")
		h.browser().visit(http.MethodHead, link, nil)
	}
	if desk.visit(http.MethodGet, poll, nil); desk.last.Code != http.StatusNoContent {
		t.Error("a mail scanner answered")
	}
	h.browser().visit(http.MethodGet, link, nil).press("signOn").shows("Thank you")
}

// askedTwice is confirm-link with one more page.
const askedTwice = `flow: confirm-link
title: Ask twice
inputs: {account: account, browser: string}
outcomes: {approved: {}, denied: {}}
start: ask

nodes:
  ask:
    form: {title: Is this you?, buttons: [{name: signOn, label: Sign on}]}
    then: {signOn: sure}
  sure:
    form: {title: Are you sure?, buttons: [{name: signOn, label: Sign on}]}
    then: {signOn: approved}
  approved: {end: approved}
`

// Whoever chooses another password must not have to think of a page that waits in a stranger's browser: what was proved before, by a link that the
// stranger read, lets nobody in afterwards.
func TestAnApprovalThatWasProvedBeforeAnotherPasswordLetsNobodyIn(t *testing.T) {
	shipped, err := flows.Files.ReadFile("sign-on-link.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, changeAfter := range map[string]int{"the link was opened": 1, "it was approved": 2, "": 3} {
		h := openWith(t, "flows: flows\n"+households, map[string]string{"flows/sign-on-link.yaml": string(shipped), "flows/confirm-link.yaml": askedTwice})
		desk, phone := h.waiting(), h.browser()
		next := desk.find(onward)
		phone.visit(http.MethodGet, h.link(), nil).shows("Is this you?")
		for step := 1; step <= 2; step++ {
			phone.press("signOn")
			if step != changeAfter {
				continue
			}
			ada, err := h.server.Directory.Find(t.Context(), "home", "ada")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.server.Directory.SetPassword(t.Context(), "home", ada.ID, "another correct horse", false); err != nil {
				t.Fatal(err)
			}
		}
		if desk.visit(http.MethodGet, next, nil); desk.signedOn() != (name == "") {
			t.Errorf("another password after %q: signed on %v", name, name != "")
		}
	}
}

func TestALinkEndsWithItsTimeAndWithTheRunThatAsked(t *testing.T) {
	h := open(t)
	h.waiting()
	late, phone := h.link(), h.browser()
	phone.visit(http.MethodGet, late, nil).shows("Is this you?")
	h.pass(10 * time.Minute)
	phone.press("signOn").shows("This link no longer works")

	h = open(t)
	desk := h.waiting()
	orphan := h.link()
	desk.press("cancel")
	h.browser().visit(http.MethodGet, orphan, nil).shows("This link no longer works")
}

func TestALinkOfAnotherMakingLeadsNowhere(t *testing.T) {
	h := open(t)
	h.waiting()
	link := h.link()
	at := len(link) - 5 // inside of the secret
	changed := "A"
	if link[at:at+1] == changed {
		changed = "B"
	}
	for _, other := range []string{link[:at] + changed + link[at+1:], "/link?id=", "/link", "/link?id=" + strings.Repeat("A", 51)} {
		h.browser().visit(http.MethodGet, other, nil).shows("This link no longer works")
	}
}

func TestAnAddressWithoutAnAccountWaitsAsAnyOther(t *testing.T) {
	h := open(t)
	nobody, somebody := h.browser().visit(http.MethodGet, authorize, nil), h.waiting()
	nobody.press("send", "email", "nobody@example.com").shows("Look at your e-mail")
	plain := func(s *surfer) string {
		return regexp.MustCompile(`flowId=[^"&]+|nobody@example.com|ada@example.com`).ReplaceAllString(s.body, "")
	}
	if plain(nobody) != plain(somebody) {
		t.Errorf("%s\ndiffers from\n%s", nobody.body, somebody.body)
	}
}
