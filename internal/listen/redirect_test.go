package listen_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/listen"
)

// RFC 9112 3.2: what a request line may name, and what none may make of it.
func TestNoRequestLineMakesUpTheHostThatARedirectLeadsTo(t *testing.T) {
	h := open(t, fixture.NewAuthority(t), listen.Options{}, http.HandlerFunc(hello))
	l := loopback(t)
	server := &http.Server{Handler: h.tls.Redirect(map[string]string{"sso.example.com": "https://sso.example.com"})}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }()
	for target, want := range map[string]string{
		"http:.evil.example/":      "",
		"http:@evil.example/":      "",
		"http::8443@evil.example/": "",
		"*":                        "",
		"//evil.example/x":         "https://sso.example.com//evil.example/x",
		"/a%2Fb?c":                 "https://sso.example.com/a%2Fb?c",
		"http://sso.example.com":   "https://sso.example.com/",
	} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: sso.example.com\r\nConnection: close\r\n\r\n", target); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Location"); got != want || want == "" && answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d to %q", target, answer.StatusCode, got)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = c.Close()
	}
}
