package notice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/fixture"
	"vigil/internal/outbound"
)

func TestTheReachFollowsConfigurationAndIssuer(t *testing.T) {
	for issuer, want := range map[string]outbound.Reach{
		"https://sso.example.com/as": outbound.Public, "http://localhost:8080/as": outbound.Loopback, "http://auth.vigil.localhost:8080/env/as": outbound.Loopback,
		"http://127.0.0.1/as": outbound.Loopback, "http://[::1]:1/as": outbound.Loopback, "https://localhost.example.com/as": outbound.Public, "https://10.0.0.1/as": outbound.Public, "%": outbound.Public,
	} {
		if got := reachOf(false, issuer); got != want {
			t.Errorf("%s: %d", issuer, got)
		}
		if reachOf(true, issuer) != outbound.Private {
			t.Errorf("%s: not allowed what the environment allows", issuer)
		}
	}
}

// target is a server on this machine that counts who comes.
func target(t *testing.T) (address string, visits *int) {
	visits = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *visits++ }))
	t.Cleanup(server.Close)
	return server.URL, visits
}

func noProxy(*http.Request) (*url.URL, error) { return nil, nil }

func TestTheAddressIsJudgedWhenTheConnectionIsMade(t *testing.T) {
	address, visits := target(t)
	port := address[strings.LastIndexByte(address, ':'):]
	s := NewSender(outbound.Options{Proxy: noProxy})
	for _, uri := range []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://deep.in.localhost" + port, "http://[::ffff:127.0.0.1]" + port,
		"http://2130706433" + port, "http://0x7f.1" + port, "http://127.1" + port, "http://0" + port,
	} {
		if a := s.send(t.Context(), outbound.Public, uri, "t"); a.arrived || a.final {
			t.Errorf("%s: %+v", uri, a)
		}
	}
	if *visits != 0 {
		t.Fatalf("%d came through", *visits)
	}
	if a := s.send(t.Context(), outbound.Loopback, "http://deep.in.localhost"+port, "t"); !a.arrived || *visits != 1 {
		t.Errorf("what is allowed is refused: %+v", a)
	}
	// The connection of one who may is not lent to one who may not.
	if a := s.send(t.Context(), outbound.Public, "http://127.0.0.1"+port, "t"); a.arrived || *visits != 1 {
		t.Errorf("%+v", a)
	}
}

func TestANameThatTurnsToAPrivateAddressGainsNothing(t *testing.T) {
	address, visits := target(t)
	port := address[strings.LastIndexByte(address, ':'):]
	s := NewSender(outbound.Options{Proxy: noProxy, Resolver: fixture.Names(t, "127.0.0.1")})
	if a := s.send(t.Context(), outbound.Public, "http://rebind.example.com"+port, "t"); a.problem != ErrRefused.Error() || *visits != 0 {
		t.Errorf("%+v, %d came through", a, *visits)
	}
	// The same name, where it is allowed, arrives: the test would notice a name server that nobody asks.
	if a := s.send(t.Context(), outbound.Loopback, "http://rebind.example.com"+port, "t"); !a.arrived || *visits != 1 {
		t.Errorf("%+v", a)
	}
	s = NewSender(outbound.Options{Proxy: noProxy, Resolver: fixture.Names(t, "192.0.2.1", "127.0.0.1")})
	for range 3 {
		if a := s.send(t.Context(), outbound.Public, "http://rebind.example.com"+port, "t"); a.arrived {
			t.Error("it arrived")
		}
	}
	if *visits != 1 {
		t.Errorf("%d came through", *visits-1)
	}
}

func TestTheProxyOfTheEnvironmentIsUsedAndMayBePrivate(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { asked = append(asked, q.URL.String()) }))
	t.Cleanup(proxy.Close)
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(outbound.Options{Proxy: http.ProxyURL(through)})
	if a := s.send(t.Context(), outbound.Public, "http://app.example.com/logout", "t"); !a.arrived || len(asked) != 1 || asked[0] != "http://app.example.com/logout" {
		t.Errorf("%+v, the proxy was asked for %v", a, asked)
	}
	for _, uri := range []string{"http://169.254.169.254/latest", "http://10.0.0.1/", "http://localhost/", "http://[::1]/"} {
		if a := s.send(t.Context(), outbound.Public, uri, "t"); a.problem != ErrRefused.Error() || len(asked) != 1 {
			t.Errorf("%s went through the proxy: %+v", uri, a)
		}
	}
}

func TestAnAttemptEndsWhenItsContextDoes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.ReadAll(q.Body)
		<-q.Context().Done()
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	a := NewSender(outbound.Options{Proxy: noProxy}).send(ctx, outbound.Loopback, server.URL, "t")
	if a.arrived || a.problem != "no answer in time" || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("%+v", a)
	}
}

// FuzzComplaint: what an application answers never breaks a log line or a terminal.
func FuzzComplaint(f *testing.F) {
	for _, body := range []string{`{"error":"invalid_request","error_description":"no"}`, `{"error":"\u001b[2J\n"}`, `[]`, `{"error":1}`, "\xff", `{"error":"é"}`} {
		f.Add([]byte(body), "5")
	}
	f.Add([]byte(nil), "18446744073709551615")
	f.Fuzz(func(t *testing.T, body []byte, after string) {
		said := complaint(body)
		if len(said) > maxProblem || strings.ContainsFunc(said, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("%q", said)
		}
		if d := retryAfter(after); d < 0 || d > maxAfter {
			t.Errorf("%q: %v", after, d)
		}
	})
}
