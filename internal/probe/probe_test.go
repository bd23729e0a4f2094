package probe_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vigil/internal/probe"
)

var key = probe.Key("a secret of this process, 32 byte")

func handler(now time.Time) http.Handler {
	return &probe.Handler{
		Key: key, Now: func() time.Time { return now }, Random: rand.Reader, Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Address: func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") },
		Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(probe.Ask) != "" {
				w.Header().Set("Ticket", "seen by a handler")
			}
			w.Header().Set("Etag", `"x"`)
			_, _ = io.WriteString(w, "the usual answer")
		}),
	}
}

func ask(h http.Handler, question string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "https://sso.example.com/as/checksession", strings.NewReader("a=b"))
	if question != "" {
		r.Header.Set(probe.Ask, question)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestStrangersCannotTellThatThereAreProbes(t *testing.T) {
	now := time.Now()
	h := handler(now)
	usual := ask(h, "")
	forged := base64.RawURLEncoding.EncodeToString(make([]byte, 40))
	for name, question := range map[string]string{
		"nonsense": "nonsense echo", "forged": forged + " echo", "of another process": probe.Key("another secret").Ticket(now) + " echo",
		"over": key.Ticket(now.Add(-probe.Life-time.Second)) + " echo", "of the future": key.Ticket(now.Add(time.Hour)) + " echo",
	} {
		got := ask(h, question)
		if got.Body.String() != usual.Body.String() || len(got.Header()) != len(usual.Header()) || got.Code != usual.Code {
			t.Errorf("%s: %d %v %s", name, got.Code, got.Header(), got.Body)
		}
	}
	if got := ask(&probe.Handler{Next: h, Now: func() time.Time { return now }}, probe.Key(nil).Ticket(now)+" echo"); got.Body.String() != usual.Body.String() {
		t.Error("a server without a key answers")
	}
}

func TestATicketOpensWhatArrived(t *testing.T) {
	now := time.Now()
	got := ask(handler(now), key.Ticket(now)+" "+probe.Echo)
	var seen probe.Seen
	if err := json.Unmarshal(got.Body.Bytes(), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Host != "sso.example.com" || seen.Peer != "192.0.2.1" || !seen.PeerTrusted || seen.Address != "198.51.100.7" || seen.Body != 3 || got.Header().Get("Set-Cookie") != probe.Cookie {
		t.Errorf("%+v %v", seen, got.Header())
	}
}

func TestTheUsualAnswerIsNotedWithItsHeaders(t *testing.T) {
	now := time.Now()
	got := ask(handler(now), key.Ticket(now)+" "+probe.Pass)
	text, err := base64.StdEncoding.DecodeString(got.Header().Get(probe.Sent))
	if err != nil || !strings.Contains(string(text), `"Etag":["\"x\""]`) || got.Body.String() != "the usual answer" || got.Header().Get("Ticket") != "" {
		t.Errorf("%v %s %v", err, text, got.Header())
	}
	if again := ask(handler(now), key.Ticket(now)+" "+probe.Pass); again.Header().Get(probe.Nonce) == got.Header().Get(probe.Nonce) {
		t.Error("two answers have one nonce")
	}
}
