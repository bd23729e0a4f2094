package keys_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/keys"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func openStore(t testing.TB) kv.Store {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func open(t testing.TB, store kv.Store, o keys.Options, environments ...string) *keys.Set {
	t.Helper()
	if len(environments) == 0 {
		environments = []string{"env"}
	}
	set, err := keys.Open(ctx, store, environments, start, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// everything is an environment whose applications want every algorithm.
func everything(string) []string { return keys.Algorithms() }

func TestAnAlgorithmThatIsWantedLaterGetsItsKeyAndAnUnwantedOneHasNone(t *testing.T) {
	store := openStore(t)
	before := open(t, store, keys.Options{})
	if _, err := before.Ring("env").Sign(keys.PS256, keys.TypeIDToken, []byte("{}")); err == nil {
		t.Error("PS256 has a key although nobody wants it")
	}
	old := sign(t, before.Ring("env"), keys.ES256)
	after := open(t, store, keys.Options{Algorithms: func(string) []string { return []string{keys.PS256, keys.ES256} }})
	rotate(t, after, start)
	for _, token := range []string{old, sign(t, after.Ring("env"), keys.PS256)} {
		if _, err := after.Ring("env").Verify(token, keys.TypeIDToken); err != nil {
			t.Error(err)
		}
	}
}

func sign(t testing.TB, r *keys.Ring, alg string) string {
	t.Helper()
	token, err := r.Sign(alg, keys.TypeIDToken, []byte(`{"sub":"ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// rotate has the next keys published, lets them be known for a day, and lets them sign.
func rotate(t testing.TB, s *keys.Set, now time.Time) {
	t.Helper()
	if _, err := s.Rotate(ctx, "env", now.Add(-keys.DefaultAhead)); err != nil {
		t.Fatal(err)
	}
	advance(t, s, now)
}

func advance(t testing.TB, s *keys.Set, now time.Time) []keys.Event {
	t.Helper()
	events, err := s.Advance(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// scheduled is the same schedule for every environment.
func scheduled(s keys.Schedule) func(string) keys.Schedule {
	return func(string) keys.Schedule { return s }
}

func published(t testing.TB, r *keys.Ring) jose.JSONWebKeySet {
	t.Helper()
	body, _ := r.JWKS()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestATokenOfOursIsReadByAStrangersLibraryWithThePublishedKeys(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{Algorithms: everything}).Ring("env")
	for _, alg := range keys.Algorithms() {
		for range 40 { // signatures with leading zeros are one in 128
			token := sign(t, ring, alg)
			jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
			if err != nil {
				t.Fatal(err)
			}
			claims, err := jws.Verify(published(t, ring))
			if err != nil || string(claims) != `{"sub":"ada"}` {
				t.Fatalf("%s: %q, %v", alg, claims, err)
			}
			if jws.Signatures[0].Header.ExtraHeaders["typ"] != "JWT" {
				t.Errorf("headers %v", jws.Signatures[0].Header.ExtraHeaders)
			}
			if alg == keys.RS256 {
				break
			}
		}
	}
}

func TestATokenIsReadByTheRingThatSignedIt(t *testing.T) {
	set := open(t, openStore(t), keys.Options{Algorithms: everything})
	for _, alg := range keys.Algorithms() {
		v, err := set.Ring("env").Verify(sign(t, set.Ring("env"), alg), keys.TypeIDToken)
		if err != nil || string(v.Claims) != `{"sub":"ada"}` || v.Alg != alg || v.Kid == "" || v.Typ != "JWT" {
			t.Errorf("%s: %+v %v", alg, v, err)
		}
	}
}

// Another ring of the same store remembers nothing of the signing, so it has to compute.
func TestATokenIsReadByARingThatDidNotSignIt(t *testing.T) {
	store := openStore(t)
	o := keys.Options{Algorithms: everything}
	signer, reader := open(t, store, o, "env").Ring("env"), open(t, store, o, "env").Ring("env")
	for _, alg := range keys.Algorithms() {
		token := sign(t, signer, alg)
		if v, err := reader.Verify(token, keys.TypeIDToken); err != nil || v.Alg != alg {
			t.Errorf("%s: %+v, %v", alg, v, err)
		}
		forged := token[:len(token)-8] + "AAAAAAAA"
		if _, err := signer.Verify(forged, keys.TypeIDToken); err == nil {
			t.Errorf("%s: the signer takes a forged signature", alg)
		}
	}
}

func TestThePublishedSetShowsNothingPrivate(t *testing.T) {
	set := open(t, openStore(t), keys.Options{})
	rotate(t, set, start)
	if _, err := set.Rotate(ctx, "env", start); err != nil {
		t.Fatal(err)
	}
	body, etag := set.Ring("env").JWKS()
	var doc struct{ Keys []map[string]string }
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Keys) != 9 || etag == "" {
		t.Fatalf("%d keys, want active, next and retired of three algorithms; etag %q", len(doc.Keys), etag)
	}
	seen := map[string]bool{}
	for _, k := range doc.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if _, there := k[private]; there {
				t.Errorf("key %s shows %q", k["kid"], private)
			}
		}
		if k["use"] != "sig" || k["alg"] == "" || k["kid"] == "" || seen[k["kid"]] {
			t.Errorf("key %v", k)
		}
		seen[k["kid"]] = true
	}
	for _, k := range published(t, set.Ring("env")).Keys {
		if !k.Valid() || !k.IsPublic() {
			t.Errorf("key %s is not a valid public key", k.KeyID)
		}
	}
}

func TestKeysSurviveARestart(t *testing.T) {
	store := openStore(t)
	first := open(t, store, keys.Options{})
	token, secret := sign(t, first.Ring("env"), keys.RS256), first.Secret("env", "codes")
	again := open(t, store, keys.Options{})
	if _, err := again.Ring("env").Verify(token, keys.TypeIDToken); err != nil {
		t.Error(err)
	}
	if again.Secret("env", "codes") != secret {
		t.Error("the secret changed")
	}
	if before, _ := first.Ring("env").JWKS(); string(before) != jwksOf(again) {
		t.Error("the published set changed")
	}
}

func jwksOf(s *keys.Set) string {
	body, _ := s.Ring("env").JWKS()
	return string(body)
}

func TestSecretsDifferByEnvironmentAndPurpose(t *testing.T) {
	set := open(t, openStore(t), keys.Options{}, "one", "two")
	seen := map[[32]byte]bool{}
	for _, environmentID := range []string{"one", "two"} {
		for _, purpose := range []string{"codes", "cookies"} {
			s := set.Secret(environmentID, purpose)
			if seen[s] || s == ([32]byte{}) {
				t.Errorf("secret of %s for %s is not its own", environmentID, purpose)
			}
			seen[s] = true
		}
	}
}

func TestARotationKeepsWhatWasSignedUntilItHasDied(t *testing.T) {
	store := openStore(t)
	set := open(t, store, keys.Options{Schedule: scheduled(keys.Schedule{Ahead: time.Minute, Keep: time.Hour})})
	ring := set.Ring("env")
	if _, err := set.Rotate(ctx, "env", start.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	announced := jwksOf(set)
	old := sign(t, ring, keys.ES256)
	advance(t, set, start)
	fresh := sign(t, ring, keys.ES256)
	oldKey, freshKey := kidOf(t, old), kidOf(t, fresh)
	if oldKey == freshKey {
		t.Fatal("the rotation changed nothing")
	}
	if !strings.Contains(announced, freshKey) {
		t.Error("the new key signs before anybody could know it")
	}
	if _, err := ring.Verify(old, keys.TypeIDToken); err != nil {
		t.Errorf("old token: %v", err)
	}
	later := start.Add(time.Hour)
	if err := set.Refresh(ctx, later.Add(-time.Millisecond)); err != nil || !strings.Contains(jwksOf(set), oldKey) {
		t.Errorf("the old key was forgotten too early (%v)", err)
	}
	if err := set.Refresh(ctx, later); err != nil || strings.Contains(jwksOf(set), oldKey) {
		t.Errorf("the old key was not forgotten (%v)", err)
	}
	if _, err := ring.Verify(old, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
		t.Errorf("old token, remembered as verified: got %v", err)
	}
	if _, err := ring.Verify(fresh, keys.TypeIDToken); err != nil {
		t.Errorf("new token: %v", err)
	}
	if _, all := count(t, store); all != 7 {
		t.Errorf("%d records, want those of three algorithms, active and retired, and the root", all)
	}
	advance(t, set, later)
	if _, all := count(t, store); all != 4 {
		t.Errorf("%d records, want 4: what was forgotten is deleted", all)
	}
}

func TestARotationByAnotherProcessIsSeenByWhoFollowsAndByWhoReadsAgain(t *testing.T) {
	for name, look := range map[string]func(*keys.Set) error{
		"follows":     func(s *keys.Set) error { return s.Follow(ctx, start) },
		"reads again": func(s *keys.Set) error { return s.Refresh(ctx, start) },
	} {
		store := openStore(t)
		server, operator := open(t, store, keys.Options{}), open(t, store, keys.Options{})
		for range 2 {
			if _, err := operator.Replace(ctx, "env", start); err != nil {
				t.Fatal(err)
			}
			before := jwksOf(server)
			token := sign(t, operator.Ring("env"), keys.ES256)
			if err := look(server); err != nil {
				t.Fatal(err)
			}
			if _, err := server.Ring("env").Verify(token, keys.TypeIDToken); err != nil || jwksOf(server) == before {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestTwoFirstStartsAtOnceAgreeOnTheirKeys(t *testing.T) {
	store := kvtest.NewWeak(schema.All(), 7)
	sets := make(chan *keys.Set, 4)
	for range cap(sets) {
		go func() {
			set, err := keys.Open(ctx, store, []string{"env"}, start, keys.Options{})
			if err != nil {
				t.Error(err)
			}
			sets <- set
		}()
	}
	seen := map[string]bool{}
	for range cap(sets) {
		set := <-sets
		if set == nil || set.Refresh(ctx, start) != nil {
			t.Fatal("no set")
		}
		secret := set.Secret("env", "codes")
		seen[jwksOf(set)+string(secret[:])] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d different sets of keys", len(seen))
	}
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	header, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Kid string }
	if err := json.Unmarshal(raw, &h); err != nil {
		t.Fatal(err)
	}
	return h.Kid
}
