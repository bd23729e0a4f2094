package spectest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Of any number of requests that race with one pushed request, one gets a code, and none does after a restart.
func TestOfSixtyFourThatRaceWithOnePushedRequestOneWins(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.start()
	w.signOn("ada", "spa", nil)
	w.push("spa", []string{"prompt=none"})
	address := "https://" + issuerHost + "/as/authorize?" + w.query("spa", []string{"pushed"}).Encode()
	race := func() (codes, refusals int32) {
		var all sync.WaitGroup
		for range 64 {
			r := httptest.NewRequest(http.MethodGet, address, nil)
			for _, name := range w.current.names(w.clock.now()) {
				r.AddCookie(&http.Cookie{Name: name, Value: w.current.cookies[name].value})
			}
			all.Go(func() {
				recorder := httptest.NewRecorder()
				w.server.ServeHTTP(recorder, r)
				switch location := recorder.Header().Get("Location"); {
				case strings.Contains(location, "code="):
					atomic.AddInt32(&codes, 1)
				case strings.Contains(location, "error=invalid_request_uri"):
					atomic.AddInt32(&refusals, 1)
				}
			})
		}
		all.Wait()
		return codes, refusals
	}
	if codes, refusals := race(); codes != 1 || refusals != 63 {
		t.Errorf("%d codes, %d refusals", codes, refusals)
	}
	w.stop()
	w.start()
	if codes, refusals := race(); codes != 0 || refusals != 64 {
		t.Errorf("after a restart %d codes, %d refusals", codes, refusals)
	}
}

// raced sends one token request n times at once and counts what it earned and how often it was invalid_grant.
func (w *world) raced(n int, form url.Values) (won, refused int32) {
	w.t.Helper()
	w.start()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			switch r := w.call("/as/token", form); {
			case r.status == http.StatusOK:
				atomic.AddInt32(&won, 1)
			case r.text("error") == "invalid_grant":
				atomic.AddInt32(&refused, 1)
			}
		})
	}
	all.Wait()
	return won, refused
}

// RFC 6749 4.1.2: a code is used once; what it earned is revoked when it comes again.
func TestOfSixtyFourThatRedeemOneCodeOneWinsAlsoWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.start()
	redemption := func() url.Values {
		return url.Values{
			"grant_type": {"authorization_code"}, "client_id": {"spa"}, "redirect_uri": {originOf("spa") + "/callback"},
			"code": {w.current.codes["spa"]}, "code_verifier": {w.current.verifiers["spa"]},
		}
	}
	w.signOn("ada", "spa", nil)
	if won, refused := w.raced(64, redemption()); won != 1 || refused != 63 {
		t.Errorf("%d won, %d were refused", won, refused)
	}
	w.restart("server")
	if won, refused := w.raced(64, redemption()); won != 0 || refused != 64 {
		t.Errorf("after a restart %d won, %d were refused", won, refused)
	}
	w.authorize("spa", []string{"prompt=none"})
	w.restart("server")
	if won, refused := w.raced(64, redemption()); won != 1 || refused != 63 {
		t.Errorf("a code of before the restart: %d won, %d were refused", won, refused)
	}
}

// RFC 8628 3.5: a device code is used once.
func TestOfSixtyFourThatComeWithOneDeviceCodeOneWinsAlsoWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{tv(), {"spa", nil}}
	began := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid"}})
	if page := w.allow("ada", began.text("user_code"), "allow"); !strings.Contains(page, "signed on") {
		t.Fatal(page)
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {began.text("device_code")}, "client_id": {"tv"}}
	if won, refused := w.raced(64, form); won != 1 || refused != 63 {
		t.Errorf("%d won, %d were refused", won, refused)
	}
	w.restart("server")
	if won, refused := w.raced(64, form); won != 0 || refused != 64 {
		t.Errorf("after a restart %d won, %d were refused", won, refused)
	}
}
