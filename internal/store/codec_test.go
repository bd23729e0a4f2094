package store

import (
	"reflect"
	"testing"
	"time"

	"vigil/internal/session"
)

func sample() *session.Session {
	at := time.Date(2026, 11, 22, 12, 0, 0, int(5*time.Millisecond), time.UTC)
	return &session.Session{
		ID: session.ID{1, 2, 3}, EnvironmentID: "env", Origin: "https://sso.example.com", UserID: "u", Username: "ada", Gen: "gen",
		BrowserBound: true, SecretDigest: [32]byte{9}, CreatedAt: at, LastActivity: at.Add(time.Hour), IdleTimeout: 30 * time.Minute,
		MaxLifetime: time.Hour, Proofs: []session.Proof{{Method: "pwd", At: at}}, ACR: "mfa", Applications: []string{"a", "b"},
		Due: at.Add(time.Minute), Repaired: at,
	}
}

func TestASessionComesBackAsItWasWritten(t *testing.T) {
	for _, change := range []func(*session.Session){
		func(*session.Session) {},
		func(s *session.Session) { s.Realm = "/beta" },
		func(s *session.Session) { s.Properties = map[string]string{"b": "2", "a": "1"} },
		func(s *session.Session) { s.Realm, s.Properties = "/beta", map[string]string{"place": "Porto"} },
	} {
		s := sample()
		change(s)
		got, err := decodeSession(s.ID, encodeSession(s))
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, s)
		}
	}
}

func TestADamagedSessionIsAnErrorAndNeverAHalfOne(t *testing.T) {
	s := sample()
	s.Realm, s.Properties = "/beta", map[string]string{"place": "Porto"}
	whole := encodeSession(s)
	for n := range whole {
		if _, err := decodeSession(session.ID{}, whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a session", n, len(whole))
		}
	}
	if _, err := decodeSession(session.ID{}, append(whole, 0)); err == nil {
		t.Fatal("a byte too many was taken")
	}
}

func FuzzDecodeSession(f *testing.F) {
	s := sample()
	f.Add(encodeSession(s))
	s.Realm, s.Properties = "/beta", map[string]string{"place": "Porto"}
	f.Add(encodeSession(s))
	f.Fuzz(func(t *testing.T, value []byte) {
		s, err := decodeSession(session.ID{}, value)
		if err != nil {
			return
		}
		if again, err := decodeSession(session.ID{}, encodeSession(s)); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%v: %+v became %+v", err, s, again)
		}
	})
}
