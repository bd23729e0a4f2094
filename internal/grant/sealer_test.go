package grant_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/internal/grant"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

// engines runs a test on bolt, each closure twice, and on an engine as weak as the contract allows.
func engines(t *testing.T, test func(t *testing.T, store kv.Store)) {
	t.Helper()
	t.Run("bolt", func(t *testing.T) {
		store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), buckets(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, kvtest.DoubleRun(t, store))
	})
	t.Run("weak", func(t *testing.T) { test(t, kvtest.NewWeak(buckets(), 3)) })
}

// sessions is where the tests keep the sessions that are alive.
var sessions = kv.Bucket{Name: "session", Kind: kv.Ordered}

func buckets() []kv.Bucket { return schema.All() }

func key(b byte) (k [32]byte) {
	for i := range k {
		k[i] = b
	}
	return k
}

// newGrant is what authorize knows of ada's sign-on in an ordinary application.
func newGrant(t testing.TB) *grant.Grant {
	t.Helper()
	g, err := grant.New(start, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g.EnvironmentID, g.Issuer, g.ClientID, g.RedirectURI = "env", "https://sso.example.com/as", "spa", "https://app.example.com/callback"
	g.SessionID, g.UserID, g.Scope = []byte("session-of-ada-22bytes"), "1f0c6a3e-8f57-4b1c-9d43-0a8d6c1e2b3f", "openid profile email"
	g.Nonce, g.CodeChallenge, g.CodeChallengeMethod = strings.Repeat("n", 43), strings.Repeat("c", 43), "S256"
	g.AuthTime, g.ACR, g.AMR = start.Add(-time.Minute), "Single_Factor", []string{"pwd", "otp"}
	g.IDTokenClaims = []byte(`{"tier":"gold"}`)
	return g
}

func TestACodeCarriesItsGrant(t *testing.T) {
	sealer := grant.NewSealer("env", rand.Reader, key(1))
	g := newGrant(t)
	code, err := sealer.Seal(g)
	if err != nil {
		t.Fatal(err)
	}
	back, err := sealer.Open(code)
	if err != nil {
		t.Fatal(err)
	}
	back.IssuedAt, back.Expires, back.AuthTime = back.IssuedAt.UTC(), back.Expires.UTC(), back.AuthTime.UTC()
	g.AccessTokenClaims = back.AccessTokenClaims // empty either way
	if len(back.AccessTokenClaims) != 0 || !reflect.DeepEqual(g, back) {
		t.Errorf("got  %+v\nwant %+v", back, g)
	}
	if len(code) >= 1024 {
		t.Errorf("a code of %d characters", len(code))
	}
	if strings.Contains(code, "ada") || g.Expires.Sub(g.IssuedAt) != grant.CodeLifetime {
		t.Error("a code is sealed and lives a minute")
	}
}

func TestACodeThatWasTouchedIsNoCode(t *testing.T) {
	sealer := grant.NewSealer("env", rand.Reader, key(1))
	code, err := sealer.Seal(newGrant(t))
	if err != nil {
		t.Fatal(err)
	}
	reference, err := sealer.SealReference(grant.Reference{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range code {
		other := byte('A')
		if code[i] == other {
			other = 'B'
		}
		if _, err := sealer.Open(code[:i] + string(other) + code[i+1:]); !errors.Is(err, grant.ErrInvalid) {
			t.Fatalf("character %d: %v", i, err)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "short": "AAAA", "cut": code[:len(code)-4], "longer": code + "AAAA", "padded": code + "=", "a reference": reference,
		"giant": strings.Repeat("A", 1<<20), "not base64": "!!!",
	} {
		if _, err := sealer.Open(text); !errors.Is(err, grant.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sealer.OpenReference(code); !errors.Is(err, grant.ErrInvalid) {
		t.Errorf("a code as a reference: %v", err)
	}
}

func TestACodeOpensInItsOwnEnvironmentUnderItsOwnKeyOnly(t *testing.T) {
	code, err := grant.NewSealer("env", rand.Reader, key(1)).Seal(newGrant(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, sealer := range map[string]*grant.Sealer{
		"another environment": grant.NewSealer("other", rand.Reader, key(1)),
		"another key":         grant.NewSealer("env", rand.Reader, key(2)),
	} {
		if _, err := sealer.Open(code); !errors.Is(err, grant.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := grant.NewSealer("env", rand.Reader, key(2), key(1)).Open(code); err != nil {
		t.Errorf("after a change of keys: %v", err)
	}
	if _, err := grant.NewSealer("other", rand.Reader, key(1)).Seal(newGrant(t)); err == nil {
		t.Error("a grant was sealed for an environment that is not its own")
	}
}

func TestAReferenceCarriesTheHandleAndTheSession(t *testing.T) {
	sealer := grant.NewSealer("env", rand.Reader, key(1))
	want := grant.Reference{Handle: grant.NewHandle(newGrant(t).ID, start), SessionID: []byte("session-of-ada-22bytes")}
	text, err := sealer.SealReference(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sealer.OpenReference(text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestTheNameOfASessionDoesNotLeadToIt(t *testing.T) {
	id := []byte("session-of-ada-22bytes")
	sid := grant.PublicSessionID(id)
	if len(sid) != 22 || sid != grant.PublicSessionID(id) || sid == grant.PublicSessionID([]byte("session-of-bob-22bytes")) {
		t.Errorf("sid %q", sid)
	}
}

func BenchmarkSeal(b *testing.B) {
	sealer, g := grant.NewSealer("env", rand.Reader, key(1)), newGrant(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Seal(g); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	sealer := grant.NewSealer("env", rand.Reader, key(1))
	code, err := sealer.Seal(newGrant(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Open(code); err != nil {
			b.Fatal(err)
		}
	}
}
