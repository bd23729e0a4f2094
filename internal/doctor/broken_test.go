package doctor_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"vigil/internal/fixture"
)

// broken is one thing that is wrong on purpose, and what is to be found of it.
type broken struct {
	name  string
	does  func(w *world)
	finds string // "severity check"
	says  string // in the summary
	wary  bool   // the server does not trust the proxy
}

func onAnswer(path string, change func(*http.Response) error) func(*world) {
	return func(w *world) {
		w.answer = func(r *http.Response) error {
			if strings.HasPrefix(r.Request.URL.Path, path) {
				return change(r)
			}
			return nil
		}
	}
}

func setsHeader(path, name, value string) func(*world) {
	return onAnswer(path, func(r *http.Response) error { r.Header.Set(name, value); return nil })
}

func addsHeader(path, name, value string) func(*world) {
	return onAnswer(path, func(r *http.Response) error { r.Header.Add(name, value); return nil })
}

func rewritesCookies(from, to string) func(*world) {
	return onAnswer("/", func(r *http.Response) error {
		for i, value := range r.Header["Set-Cookie"] {
			r.Header["Set-Cookie"][i] = strings.Replace(value, from, to, 1)
		}
		return nil
	})
}

func onRequest(change func(*httputil.ProxyRequest)) func(*world) {
	return func(w *world) {
		usual := w.request
		w.request = func(r *httputil.ProxyRequest) { usual(r); change(r) }
	}
}

func tooLong(limit int, length func(*http.Request) int, status int) func(*world) {
	return func(w *world) {
		w.before = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if length(r) > limit {
					rw.WriteHeader(status)
					return
				}
				next.ServeHTTP(rw, r)
			})
		}
	}
}

const (
	frame  = "/as/checksession"
	events = "/as/session/events"
)

// brokenHeaders are what proxies do to headers and bodies.
func brokenHeaders() []broken {
	return []broken{
		{name: "X-Frame-Options on everything", does: setsHeader("/", "X-Frame-Options", "SAMEORIGIN"), finds: "error frame", says: "X-Frame-Options: SAMEORIGIN"},
		{name: "frame-ancestors", does: addsHeader(frame, "Content-Security-Policy", "frame-ancestors 'self'"), finds: "error frame", says: "frame-ancestors 'self'"},
		{name: "another policy for scripts", does: addsHeader("/", "Content-Security-Policy", "default-src 'self'"), finds: "error frame", says: "script is forbidden"},
		{name: "the policy is taken off the frame", does: onAnswer(frame, func(r *http.Response) error { r.Header.Del("Content-Security-Policy"); return nil }), finds: "warning frame", says: "removed from the frame"},
		{name: "a script is put in", does: onAnswer(frame, func(r *http.Response) error {
			return replace(r, func(page string) string {
				return strings.Replace(page, "</title>", "</title><script src=/rum.js></script>", 1)
			})
		}), finds: "error frame", says: "rewritten on the way"},
		{name: "the script is minified", does: onAnswer(frame, func(r *http.Response) error {
			return replace(r, func(page string) string { return strings.ReplaceAll(page, "\n", " ") })
		}), finds: "error frame", says: "script is forbidden"},
		{name: "CORP on everything", does: setsHeader("/", "Cross-Origin-Resource-Policy", "same-origin"), finds: "error frame", says: "Cross-Origin-Resource-Policy is same-origin"},
		{name: "COEP is taken off", does: onAnswer(frame, func(r *http.Response) error { r.Header.Del("Cross-Origin-Embedder-Policy"); return nil }), finds: "error frame", says: "Cross-Origin-Embedder-Policy is gone"},
		{name: "Clear-Site-Data", does: setsHeader(frame, "Clear-Site-Data", `"cookies"`), finds: "error frame", says: "Clear-Site-Data"},
		{name: "a portal in front asks who is there", does: onAnswer(frame, func(r *http.Response) error { r.StatusCode = 302; return nil }), finds: "error frame", says: "answered with 302"},
		{name: "COOP on pages", does: setsHeader("/as/authorize", "Cross-Origin-Opener-Policy", "unsafe-none"), finds: "warning pages", says: "changes Cross-Origin-Opener-Policy"},
		{name: "the policy of pages is removed", does: onAnswer("/as/authorize", func(r *http.Response) error { r.Header.Del("Content-Security-Policy"); return nil }), finds: "warning pages", says: "removes Content-Security-Policy"},
		{name: "errors are replaced", does: onAnswer("/as/token", func(r *http.Response) error {
			if r.StatusCode >= 400 {
				r.Header = http.Header{"Content-Type": {"text/html"}}
				return replace(r, func(string) string { return "<h1>Oops</h1>" })
			}
			return nil
		}), finds: "error pages", says: "a page of its own (400)"},
		{name: "CORS of its own", does: addsHeader("/", "Access-Control-Allow-Origin", "*"), finds: "error cors", says: "comes 2 times"},
		{name: "CORS is removed", does: onAnswer("/", func(r *http.Response) error { r.Header.Del("Access-Control-Allow-Origin"); return nil }), finds: "error cors", says: "removed"},
		{name: "HSTS is short", does: setsHeader("/", "Strict-Transport-Security", "max-age=86400"), finds: "note hsts", says: "1 days"},
		{name: "no HSTS", does: onAnswer("/", func(r *http.Response) error { r.Header.Del("Strict-Transport-Security"); return nil }), finds: "warning hsts", says: "not told"},
		{name: "Path of cookies", does: rewritesCookies("Path=/;", "Path=/as;"), finds: "error cookies", says: "path=/ is gone, path=/as is new"},
		{name: "Domain of cookies", does: rewritesCookies("Secure;", "Secure; Domain=example.com;"), finds: "error cookies", says: "domain=example.com is new"},
		{name: "Secure is dropped", does: rewritesCookies("Secure; ", ""), finds: "error cookies", says: "secure is gone"},
		{name: "Partitioned is dropped", does: rewritesCookies("Partitioned; ", ""), finds: "error cookies", says: "partitioned is gone"},
		{name: "the __Host- prefix is dropped", does: rewritesCookies("__Host-", ""), finds: "error cookies", says: "dropped or renamed"},
		{name: "no cookies", does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Header.Del("Cookie") }), finds: "error cookies", says: "do not reach the server"},
		{name: "a cookie of its own", does: addsHeader("/as/authorize", "Set-Cookie", "SERVERID=a"), finds: "note cookies", says: "SERVERID"},
		{name: "the issuer is rewritten", does: onAnswer("/as/.well-known", func(r *http.Response) error {
			return replace(r, func(page string) string { return strings.ReplaceAll(page, origin, "https://other.example.com") })
		}), finds: "error discovery", says: "the issuer is https://other.example.com/as"},
		{name: "an endpoint is rewritten", does: onAnswer("/as/.well-known", func(r *http.Response) error {
			return replace(r, func(page string) string {
				return strings.ReplaceAll(page, origin+"/as/token", "http://127.0.0.1/as/token")
			})
		}), finds: "error discovery", says: "of another origin: token_endpoint"},
		{name: "a bad gateway", does: onAnswer("/as/.well-known", func(r *http.Response) error { r.StatusCode = 502; return nil }), finds: "error discovery", says: "502"},
	}
}

// brokenWays are what proxies do to requests and streams, and what is wrong with names and certificates.
func brokenWays() []broken {
	return []broken{
		{name: "Host is not passed on", does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Host = "127.0.0.1:8080" }), finds: "error host", says: "127.0.0.1:8080 in place of sso.example.com"},
		{name: "Host is not passed on, as seen without a ticket", does: func(w *world) {
			onRequest(func(r *httputil.ProxyRequest) { r.Out.Host = "127.0.0.1:8080" })(w)
			w.options.Ticket = ""
		}, finds: "error discovery", says: "does not know the host"},
		{name: "the word of strangers is passed on", does: onRequest(func(r *httputil.ProxyRequest) {
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		}), finds: "error client-address", says: "hands on the X-Forwarded-For of strangers"},
		{name: "addresses are not passed on", does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Header.Del("X-Forwarded-For") }), finds: "error client-address", says: "does not say who calls"},
		{name: "the proxy is not trusted", wary: true, does: func(*world) {}, finds: "error client-address", says: "requests come from 127.0.0.1, which is none of trustedProxies"},
		{name: "an untrusted proxy says nothing", wary: true, does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Header.Del("X-Forwarded-For") }), finds: "error client-address", says: "none of trustedProxies"},
		{name: "the examination comes from a trusted proxy", does: onRequest(func(r *httputil.ProxyRequest) {
			r.Out.Header.Set("X-Forwarded-For", r.In.Header.Get("X-Forwarded-For")+", 127.0.0.1")
		}), finds: "warning client-address", says: "this machine is one of trustedProxies"},
		{name: "Origin is dropped", does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Header.Del("Origin") }), finds: "error request-headers", says: "Origin"},
		{name: "bodies are refused", does: tooLong(1024, func(r *http.Request) int { return int(r.ContentLength) }, 413), finds: "error body", says: "(413)"},
		{name: "bodies are cut", does: func(w *world) {
			w.before = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.ContentLength > 1024 {
						r.Body, r.ContentLength = io.NopCloser(io.LimitReader(r.Body, 1024)), 1024
					}
					next.ServeHTTP(rw, r)
				})
			}
		}, finds: "error body", says: "arrives changed"},
		{name: "long addresses are refused", does: tooLong(2048, func(r *http.Request) int { return len(r.RequestURI) }, 414), finds: "warning long-url", says: "(414)"},
		{name: "long headers are refused", does: onAnswer("/as/authorize", func(r *http.Response) error {
			if len(r.Header.Get("Vigil-Probe-Padding")) > 4096 {
				r.StatusCode, r.Header = 502, http.Header{}
			}
			return nil
		}), finds: "warning long-header", says: "(502)"},
		{name: "the probe is dropped", does: onRequest(func(r *httputil.ProxyRequest) { r.Out.Header.Del("Vigil-Probe") }), finds: "error probe", says: "did not answer the probe"},
		{name: "the frame is cached", does: caching, finds: "error cache", says: "answers /as/checksession from a cache"},
		{name: "the stream is gathered", does: func(w *world) { w.flush = 0; w.before = gathers }, finds: "error stream", says: "came together"},
		{name: "the stream is compressed", does: onAnswer(events, func(r *http.Response) error {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_ = z.Close()
			r.Body, r.ContentLength = io.NopCloser(&packed), int64(packed.Len())
			r.Header.Set("Content-Encoding", "gzip")
			return nil
		}), finds: "error stream", says: "compressed (gzip)"},
		{name: "the proxy has no patience with silence", does: impatient, finds: "error stream", says: "of silence"},
		{name: "the stream loses its type", does: setsHeader(events, "Content-Type", "text/plain"), finds: "error stream", says: "text/plain"},
		{name: "plain HTTP is served", does: func(w *world) { w.plain = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {}) }, finds: "error redirect", says: "by plain HTTP too"},
		{name: "plain HTTP leads elsewhere", does: func(w *world) {
			w.plain = http.RedirectHandler("https://sso.example.com/", http.StatusMovedPermanently)
		}, finds: "warning redirect", says: "leads to https://sso.example.com/"},
		{name: "nobody answers plain HTTP", does: func(w *world) { w.plain = nil }, finds: "note redirect", says: "port 80"},
		{name: "the clock goes wrong", does: func(w *world) { w.options.Now = func() time.Time { return time.Now().Add(-10 * time.Minute) } }, finds: "error clock", says: "from the one here"},
		{name: "a certificate for another name", does: func(w *world) { w.certificate = w.issue(60*24*time.Hour, "other.example.com") }, finds: "error certificate", says: "for other.example.com, not for sso.example.com"},
		{name: "an expired certificate", does: func(w *world) { w.certificate = w.issue(30*time.Minute, "sso.example.com") }, finds: "error certificate", says: "ended on"},
		{name: "a certificate that ends soon", does: func(w *world) {
			w.certificate = w.issue(60*24*time.Hour, "sso.example.com")
			w.options.Now = func() time.Time { return time.Now().Add(55 * 24 * time.Hour) }
		}, finds: "warning certificate", says: "in 4 days"},
		{name: "an authority that nobody knows", does: func(w *world) { w.options.Roots = fixture.NewAuthority(w.t).Pool() }, finds: "error certificate", says: "nobody here trusts"},
		{name: "old versions of TLS", does: func(w *world) { w.versions = tls.VersionTLS10 }, finds: "warning tls-versions", says: "1.0 or 1.1"},
		{name: "no HTTP/2", does: func(w *world) { w.protocols = []string{"http/1.1"} }, finds: "note http2", says: "no HTTP/2"},
		{name: "no address", does: func(w *world) { delete(w.names.a, "sso.example.com.") }, finds: "warning dns", says: "has no address"},
		{name: "an alias of another site", does: func(w *world) {
			w.names.alias["sso.example.com."], w.names.a["edge.vendor.net."] = "edge.vendor.net.", "203.0.113.7"
		}, finds: "warning dns-alias", says: "alias of edge.vendor.net"},
		{name: "an address far from the application's", does: func(w *world) { w.names.a["app.example.com."] = "198.51.100.8" }, finds: "warning dns-neighbours", says: "far from app.example.com"},
		{name: "an application on another site", does: func(w *world) { w.options.Applications[0].Origins = []string{"https://app.example.org"} }, finds: "warning sites", says: "on another site"},
		{name: "an application on the site of another host", does: func(w *world) {
			w.options.Applications[0].Origins, w.options.Siblings = []string{"https://app.example.org"}, []string{origin, "https://sso.example.org"}
		}, finds: "note sites", says: "another host of the environment"},
		{name: "plain HTTP where TLS should be", does: func(w *world) { w.options.Dial = fixedDial(w.backend.Host) }, finds: "error certificate", says: "no TLS handshake"},
		{name: "an application by plain HTTP", does: func(w *world) { w.options.Applications[0].Origins = []string{"http://app.example.com"} }, finds: "warning sites", says: "on another site"},
	}
}

// caching keeps the first answer of every path.
func caching(w *world) {
	kept := map[string]*http.Response{}
	bodies := map[string]string{}
	w.before = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.names.mu.Lock()
			old, body := kept[r.URL.Path], bodies[r.URL.Path]
			w.names.mu.Unlock()
			if old != nil {
				for name, values := range old.Header {
					rw.Header()[name] = values
				}
				_, _ = io.WriteString(rw, body)
				return
			}
			next.ServeHTTP(rw, r)
		})
	}
	onAnswer(frame, func(r *http.Response) error {
		return replace(r, func(text string) string {
			w.names.mu.Lock()
			defer w.names.mu.Unlock()
			kept[r.Request.URL.Path], bodies[r.Request.URL.Path] = &http.Response{Header: r.Header.Clone()}, text
			return text
		})
	})(w)
}

// gathers keeps an answer back until it is whole.
func gathers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(whole{rw}, r)
	})
}

type whole struct{ http.ResponseWriter }

// Flush implements http.Flusher, and does not.
func (whole) Flush() {}

// impatient breaks a stream off after the events of its beginning.
func impatient(w *world) {
	onAnswer(events, func(r *http.Response) error {
		body := r.Body
		time.AfterFunc(1100*time.Millisecond, func() { _ = body.Close() })
		return nil
	})(w)
	w.options.Silence = 2 * time.Second
}
