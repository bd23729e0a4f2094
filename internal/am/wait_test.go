package am_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

var linkIn = regexp.MustCompile(`https://sso\.example\.com/link\?id=\S+`)

// openLink is what somebody does who opens the link of the last letter in another browser and presses a button there.
func (w *world) openLink(button string) {
	w.t.Helper()
	if err := w.server.Mail.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.server.Mail.Wait()
	w.mu.Lock()
	at := linkIn.FindString(w.letters[len(w.letters)-1].Text)
	w.mu.Unlock()
	mine := w.cookies
	w.cookies = map[string]string{}
	defer func() { w.cookies = mine }()
	response, _ := w.get(at)
	if onward := response.Header.Get("Location"); onward != "" {
		at = onward
	}
	if response := w.submit(at, url.Values{"_button": {button}}); response.StatusCode >= http.StatusBadRequest {
		w.t.Fatalf("%s at %s: %d", button, at, response.StatusCode)
	}
	if w.cookies[cookie] != "" {
		w.t.Error("the browser that opened the link was signed on")
	}
}

// waits begins a sign-on by link and gives the page that waits.
func (w *world) waits() map[string]any {
	w.t.Helper()
	return w.waitsAt(alpha)
}

func (w *world) waitsAt(realm string) map[string]any {
	w.t.Helper()
	_, page := w.post(realm+"/authenticate?authIndexType=service&authIndexValue=sign-on-link", nil)
	_, page = w.post(realm+"/authenticate", fill(page, "ada@example.com", 0))
	if got := types(page); got != "PollingWaitCallback, ConfirmationCallback IDToken2" {
		w.t.Fatalf("%s %v", got, page)
	}
	return page
}

func TestAFormThatWaitsIsPolledUntilTheOtherDeviceAnswers(t *testing.T) {
	w := newWorld(t, twoRealms)
	page := w.waits()
	if output(page, 0, "waitTime") != "2000" || output(page, 1, "defaultOption") != 100.0 {
		t.Errorf("%v", page)
	}
	status, again := w.post(alpha+"/authenticate", page)
	if status != http.StatusOK || types(again) != types(page) {
		t.Fatalf("nobody has answered: %d %v", status, again)
	}
	w.openLink("signOn")
	status, answer := w.post(alpha+"/authenticate", again)
	if status != http.StatusOK || answer["tokenId"] == nil || answer["tokenId"] != w.cookies[cookie] {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ := w.post(alpha+"/authenticate", again); status != http.StatusUnauthorized {
		t.Errorf("a look after the end: %d", status)
	}
}

func TestAFormThatWaitsIsLeftByItsButtonsAndByARefusal(t *testing.T) {
	w := newWorld(t, twoRealms)
	if status, answer := w.post(alpha+"/authenticate", fill(w.waits(), nil, 1)); status != http.StatusUnauthorized || answer["message"] != "Login failure" {
		t.Errorf("cancelled: %d %v", status, answer)
	}
	page := w.waits()
	w.openLink("refuse")
	if status, answer := w.post(alpha+"/authenticate", page); status != http.StatusOK || output(answer, 0, "message") != "That link was refused." {
		t.Errorf("refused: %d %v", status, answer)
	}
}

func TestALinkSignsOnInTheRealmThatWaits(t *testing.T) {
	w := newWorld(t, scoped)
	page := w.waitsAt(beta)
	w.openLink("signOn")
	if status, answer := w.post(beta+"/authenticate", page); status != http.StatusOK || answer["realm"] != "/beta" {
		t.Fatalf("%d %v", status, answer)
	}
	if !w.livesIn(betaSessions) || w.livesIn(sessions) {
		t.Errorf("beta %v, alpha %v", w.livesIn(betaSessions), w.livesIn(sessions))
	}
}
