package spectest

import (
	"net/http"
	"net/http/httptest"
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
