package notice

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOnlyAddressesWithinReachAreSpokenTo(t *testing.T) {
	for address, least := range map[string]Reach{
		"93.184.215.14": Public, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": Public, "::ffff:93.184.215.14": Public, "64:ff9b::5db8:d70e": Public,
		"127.0.0.1": Loopback, "127.8.8.8": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback, "64:ff9b::7f00:1": Loopback, "2002:7f00:1::": Loopback,
		"10.1.2.3": Private, "172.16.0.1": Private, "172.31.255.255": Private, "192.168.1.1": Private, "100.64.0.1": Private, "fd00::1": Private,
		"::ffff:10.0.0.1": Private, "64:ff9b::a00:1": Private, "2002:a00:1::1": Private,
		// Nobody's, whatever the configuration says.
		"169.254.169.254": Private + 1, "::ffff:169.254.169.254": Private + 1, "64:ff9b::a9fe:a9fe": Private + 1, "fe80::1": Private + 1,
		"0.0.0.0": Private + 1, "0.1.2.3": Private + 1, "::": Private + 1, "224.0.0.1": Private + 1, "255.255.255.255": Private + 1, "240.0.0.1": Private + 1,
		"192.0.0.8": Private + 1, "192.0.2.1": Private + 1, "198.18.0.1": Private + 1, "198.51.100.1": Private + 1, "203.0.113.1": Private + 1,
		"ff02::1": Private + 1, "2001:db8::1": Private + 1, "2001::1": Private + 1, "100::1": Private + 1, "fec0::1": Private + 1, "::7f00:1": Private + 1,
	} {
		for reach := Public; reach <= Private; reach++ {
			if got := reach.check(netip.MustParseAddr(address)) == nil; got != (reach >= least) {
				t.Errorf("%s within reach %d: %v", address, reach, got)
			}
		}
	}
}

func TestTheReachFollowsConfigurationAndIssuer(t *testing.T) {
	for issuer, want := range map[string]Reach{
		"https://sso.example.com/as": Public, "http://localhost:8080/as": Loopback, "http://auth.vigil.localhost:8080/env/as": Loopback,
		"http://127.0.0.1/as": Loopback, "http://[::1]:1/as": Loopback, "https://localhost.example.com/as": Public, "https://10.0.0.1/as": Public, "%": Public,
	} {
		if got := reachOf(false, issuer); got != want {
			t.Errorf("%s: %d", issuer, got)
		}
		if reachOf(true, issuer) != Private {
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
	s := NewSender(SenderOptions{Proxy: noProxy})
	for _, uri := range []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://deep.in.localhost" + port, "http://[::ffff:127.0.0.1]" + port,
		"http://2130706433" + port, "http://0x7f.1" + port, "http://127.1" + port, "http://0" + port,
	} {
		if a := s.send(t.Context(), Public, uri, "t"); a.arrived || a.final {
			t.Errorf("%s: %+v", uri, a)
		}
	}
	if *visits != 0 {
		t.Fatalf("%d came through", *visits)
	}
	if a := s.send(t.Context(), Loopback, "http://deep.in.localhost"+port, "t"); !a.arrived || *visits != 1 {
		t.Errorf("what is allowed is refused: %+v", a)
	}
	// The connection of one who may is not lent to one who may not.
	if a := s.send(t.Context(), Public, "http://127.0.0.1"+port, "t"); a.arrived || *visits != 1 {
		t.Errorf("%+v", a)
	}
}

// names is a name server that a stranger runs: its answers change from one question to the next.
func names(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		buffer, asked := make([]byte, 512), 0
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				to := netip.MustParseAddr(answers[min(asked, len(answers)-1)]).As4()
				asked++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: to},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func TestANameThatTurnsToAPrivateAddressGainsNothing(t *testing.T) {
	address, visits := target(t)
	port := address[strings.LastIndexByte(address, ':'):]
	s := NewSender(SenderOptions{Proxy: noProxy, Resolver: names(t, "127.0.0.1")})
	if a := s.send(t.Context(), Public, "http://rebind.example.com"+port, "t"); a.problem != ErrRefused.Error() || *visits != 0 {
		t.Errorf("%+v, %d came through", a, *visits)
	}
	// The same name, where it is allowed, arrives: the test would notice a name server that nobody asks.
	if a := s.send(t.Context(), Loopback, "http://rebind.example.com"+port, "t"); !a.arrived || *visits != 1 {
		t.Errorf("%+v", a)
	}
	s = NewSender(SenderOptions{Proxy: noProxy, Resolver: names(t, "192.0.2.1", "127.0.0.1")})
	for range 3 {
		if a := s.send(t.Context(), Public, "http://rebind.example.com"+port, "t"); a.arrived {
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
	s := NewSender(SenderOptions{Proxy: http.ProxyURL(through)})
	if a := s.send(t.Context(), Public, "http://app.example.com/logout", "t"); !a.arrived || len(asked) != 1 || asked[0] != "http://app.example.com/logout" {
		t.Errorf("%+v, the proxy was asked for %v", a, asked)
	}
	for _, uri := range []string{"http://169.254.169.254/latest", "http://10.0.0.1/", "http://localhost/", "http://[::1]/"} {
		if a := s.send(t.Context(), Public, uri, "t"); a.problem != ErrRefused.Error() || len(asked) != 1 {
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
	began := time.Now()
	a := NewSender(SenderOptions{Proxy: noProxy}).send(ctx, Loopback, server.URL, "t")
	if a.arrived || a.problem != "no answer in time" || time.Since(began) > 5*time.Second || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("%+v after %v", a, time.Since(began))
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

// FuzzReach: whatever the bytes of an address, a reach that is wider refuses nothing that a narrower one allows, and none reaches link-local addresses.
func FuzzReach(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "fe80::1"} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		for reach := Public; reach < Private; reach++ {
			if reach.check(address) == nil && (reach+1).check(address) != nil {
				t.Errorf("%v", address)
			}
		}
		if Private.check(address) == nil && address.Unmap().IsLinkLocalUnicast() || Public.check(address) == nil && (address.Unmap().IsPrivate() || address.Unmap().IsLoopback()) {
			t.Errorf("%v is allowed", address)
		}
	})
}
