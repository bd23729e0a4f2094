package listen

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Redirect answers plain HTTP: it sends browsers to the origin that a host name has with https, and answers an authority that asks for proof.
// It serves nothing.
func (t *TLS) Redirect(origins map[string]string) http.Handler {
	var redirect http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(r.Host)
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		// Only names of ours: an open redirect would lead where a stranger says.
		origin := origins[host]
		if origin == "" {
			http.Error(w, "This server does not answer to this name.", http.StatusMisdirectedRequest)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			// What was posted has already gone over the wire in the clear: it is not to become a habit.
			http.Error(w, "This address is served over https alone.", http.StatusForbidden)
			return
		}
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/") {
			// RFC 9112 3.2: none of the forms of a request line that browsers write. Behind the origin it would go on with its host.
			http.Error(w, "This address has no path.", http.StatusBadRequest)
			return
		}
		w.Header().Set("Cache-Control", "max-age=3600")
		http.Redirect(w, r, origin+path, http.StatusMovedPermanently)
	})
	if t.issued != nil {
		return t.issued.prove(redirect)
	}
	return redirect
}

// Secure tells browsers to come by https alone from now on.
//
// RFC 6797 7.1: over secure transport only; without includeSubDomains, since other hosts below this one may be somebody else's.
func (t *TLS) Secure(next http.Handler) http.Handler {
	if t.options.HSTS == 0 {
		return next
	}
	value := fmt.Sprintf("max-age=%d", t.options.HSTS/time.Second)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", value)
		next.ServeHTTP(w, r)
	})
}
