package rehearsal

import (
	"fmt"
	"net/http"
	"testing"
)

func TestAPageThatIsHalfThereIsLookedAtAgain(t *testing.T) {
	h, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	rest := make(chan struct{})
	var pages http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path != "/next" {
			return
		}
		_, _ = fmt.Fprint(w, "<!doctype html><html lang=en><main><form>")
		_ = http.NewResponseController(w).Flush()
		<-rest
		_, _ = fmt.Fprint(w, "<h1>Next</h1></form></main>")
	})
	h.handler.Store(&pages)
	browser, err := h.newTab()
	if err != nil {
		t.Fatal(err)
	}
	if err := browser.open(h.origin("app") + "/"); err != nil {
		t.Fatal(err)
	}
	if _, err := eval[any](browser, "setTimeout(() => { location.href = '/next' }), null"); err != nil {
		t.Fatal(err)
	}
	if err := browser.await("!!document.querySelector('main form')", "the first half"); err != nil {
		t.Fatal(err)
	}
	if !browser.restless() {
		t.Error("a half page is taken for the whole one")
	}
	close(rest)
	if err := browser.await("document.readyState === 'complete'", "the other half"); err != nil {
		t.Fatal(err)
	}
	if browser.restless() {
		t.Error("a whole page that waits for nothing is looked at again and again")
	}
}
