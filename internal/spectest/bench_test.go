package spectest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkSilentCheck is prompt=none with a code, without the network: what the handler costs.
func BenchmarkSilentCheck(b *testing.B) {
	w := newWorld(b)
	w.apps = []app{{"spa", []string{"opSessionCheckEnabled=true"}}}
	w.start()
	w.signOn("ada", "spa", nil)
	address := "https://" + issuerHost + "/as/authorize?" + w.query("spa", []string{"prompt=none"}).Encode()
	w.get(address)
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for _, name := range w.current.names(w.clock.now()) {
		r.AddCookie(&http.Cookie{Name: name, Value: w.current.cookies[name].value})
	}
	b.ReportAllocs()
	for b.Loop() {
		recorder := httptest.NewRecorder()
		w.server.ServeHTTP(recorder, r)
		if recorder.Code != http.StatusFound {
			b.Fatal(recorder.Code)
		}
	}
}
