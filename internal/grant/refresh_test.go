package grant_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/grant"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

func use(token string, now time.Time) grant.Use {
	return grant.Use{
		Token: token, EnvironmentID: "env", Issuer: "https://sso.example.com/as", ClientID: "spa", Now: now, Liveness: aliveIn,
	}
}

// rotate repeats what lost against others.
func rotate(store kv.Store, u grant.Use) (f *grant.Family, next string, err error) {
	err = kv.ErrConflict
	for n := 0; errors.Is(err, kv.ErrConflict) && n < 50; n++ {
		f, next, err = refresher.Rotate(ctx, store, u)
	}
	return f, next, err
}

// begun is a store in which ada's session lives and her application holds a refresh token.
func begun(t testing.TB, store kv.Store) (*grant.Grant, *grant.Family, string) {
	t.Helper()
	g := newGrant(t)
	putSession(t, store, g.SessionID)
	r, token := withFamily(t, g)
	if err := redeem(store, r); err != nil {
		t.Fatal(err)
	}
	return g, r.Family, token
}

func TestARefreshTokenGivesItsFamilyAndTheNextToken(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g, _, token := begun(t, store)
		now := start
		seen := map[string]bool{token: true}
		for range 5 {
			now = now.Add(time.Minute)
			f, next, err := rotate(store, use(token, now))
			if err != nil {
				t.Fatal(err)
			}
			if f.UserID != g.UserID || f.Scope != g.Scope || !f.AuthTime.Equal(g.AuthTime) || !reflect.DeepEqual(f.AMR, g.AMR) ||
				string(f.IDTokenClaims) != string(g.IDTokenClaims) || !bytes.Equal(f.SessionID, g.SessionID) {
				t.Fatalf("family %+v", f)
			}
			if seen[next] {
				t.Fatal("a token came twice")
			}
			seen[next], token = true, next
		}
	})
}

func TestTheStoreKnowsNoRefreshToken(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		_, _, token := begun(t, store)
		_, next, err := rotate(store, use(token, start.Add(time.Minute)))
		if err != nil {
			t.Fatal(err)
		}
		err = store.View(ctx, func(r kv.Reader) error {
			for _, b := range schema.All() {
				if b.Kind == kv.Log {
					continue
				}
				entries, err := r.Scan(b, nil, nil, kv.MaxKeys)
				if err != nil {
					return err
				}
				for _, e := range entries {
					for _, text := range []string{token, next} {
						raw, err := base64.RawURLEncoding.DecodeString(text)
						if err != nil {
							return err
						}
						secret := raw[len(raw)-32:]
						if bytes.Contains(e.Value, secret) || strings.Contains(string(e.Value), base64.StdEncoding.EncodeToString(secret)) {
							t.Errorf("a secret lies in %s", b.Name)
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTwoTabsThatRefreshAtTheSameMomentHoldTheSameToken(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		_, _, token := begun(t, store)
		now := start.Add(time.Minute)
		got := make([]string, 16)
		var wait sync.WaitGroup
		for i := range got {
			wait.Add(1)
			go func() {
				defer wait.Done()
				var err error
				if _, got[i], err = rotate(store, use(token, now)); err != nil {
					t.Error(err)
				}
			}()
		}
		wait.Wait()
		for _, next := range got {
			if next != got[0] {
				t.Fatal("two tabs hold different tokens")
			}
		}
		f, _, err := rotate(store, use(got[0], now))
		if err != nil || f.Rotations != 2 {
			t.Errorf("%+v %v", f, err)
		}
	})
}

func TestAnOldRefreshTokenEndsTheWholeFamily(t *testing.T) {
	for name, when := range map[string]time.Duration{
		"the one before, after the grace": grant.DefaultGrace,
		"the one before that, at once":    0,
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, store kv.Store) {
				_, f, token := begun(t, store)
				now := start.Add(time.Minute)
				_, next, err := rotate(store, use(token, now))
				if err != nil {
					t.Fatal(err)
				}
				if when == 0 {
					if _, next, err = rotate(store, use(next, now)); err != nil {
						t.Fatal(err)
					}
				}
				if _, _, err := rotate(store, use(token, now.Add(when))); !errors.Is(err, grant.ErrReplayed) {
					t.Fatalf("old token: %v", err)
				}
				if _, _, err := rotate(store, use(next, now.Add(when))); !errors.Is(err, grant.ErrInvalid) {
					t.Errorf("the current token lives on: %v", err)
				}
				if !isRevoked(t, store, f.Handle) {
					t.Error("the access tokens live on")
				}
			})
		})
	}
}

func TestARefreshTokenIsGoodWhereItWasGivenOnly(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		_, f, token := begun(t, store)
		now := start.Add(time.Minute)
		forged := token[:40] + strings.Repeat("A", len(token)-40)
		for name, c := range map[string]struct {
			change func(*grant.Use)
			want   error
		}{
			"another client":      {func(u *grant.Use) { u.ClientID = "other" }, grant.ErrWrongClient},
			"another environment": {func(u *grant.Use) { u.EnvironmentID = "other" }, grant.ErrInvalid},
			"another issuer":      {func(u *grant.Use) { u.Issuer = "https://other/as" }, grant.ErrInvalid},
			"rubbish":             {func(u *grant.Use) { u.Token = "rubbish" }, grant.ErrInvalid},
			"empty":               {func(u *grant.Use) { u.Token = "" }, grant.ErrInvalid},
			"an unknown family":   {func(u *grant.Use) { u.Token = "B" + token[1:] }, grant.ErrInvalid},
			"a refusing check":    {func(u *grant.Use) { u.Check = func(*grant.Family) error { return errCheck } }, errCheck},
		} {
			u := use(token, now)
			c.change(&u)
			if _, _, err := rotate(store, u); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
		}
		if _, _, err := rotate(store, use(token, now)); err != nil {
			t.Errorf("after all that the true client is refused: %v", err)
		}
		if _, _, err := rotate(store, use(forged, now)); !errors.Is(err, grant.ErrReplayed) {
			t.Errorf("forged secret: %v", err)
		}
		_, _, fresh := begun(t, store)
		if _, _, err := rotate(store, use(fresh, f.Expires())); !errors.Is(err, grant.ErrExpired) {
			t.Errorf("at the absolute end: %v", err)
		}
	})
}

var errCheck = errors.New("checked and refused")

func TestSignOffEndsTheRefreshTokensOfItsSession(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g, _, token := begun(t, store)
		other := newGrant(t)
		other.SessionID = []byte("session-of-bob-22bytes")
		putSession(t, store, other.SessionID)
		r, bobs := withFamily(t, other)
		if err := redeem(store, r); err != nil {
			t.Fatal(err)
		}
		endSession(t, store, g.SessionID, none)
		if _, _, err := rotate(store, use(token, start.Add(time.Minute))); !errors.Is(err, grant.ErrInvalid) {
			t.Errorf("ada: %v", err)
		}
		if _, _, err := rotate(store, use(bobs, start.Add(time.Minute))); err != nil {
			t.Errorf("bob: %v", err)
		}
		if families, index := size(t, store, schema.Family), size(t, store, schema.FamilyBySession); families != 1 || index != 1 {
			t.Errorf("%d families and %d index entries are left", families, index)
		}
	})
}

func TestAnApplicationThatOptedOutKeepsItsRefreshTokens(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g, _, token := begun(t, store)
		endSession(t, store, g.SessionID, func(clientID string) bool { return clientID == "spa" })
		u := use(token, start.Add(time.Minute))
		u.Liveness = nil
		if _, _, err := rotate(store, u); err != nil {
			t.Error(err)
		}
	})
}

func TestARefreshAsksForTheSessionItself(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g, _, token := begun(t, store)
		update(t, store, func(tx kv.Tx) error { return tx.Delete(sessions, g.SessionID) })
		if _, _, err := rotate(store, use(token, start.Add(time.Minute))); !errors.Is(err, grant.ErrSessionEnded) {
			t.Errorf("got %v", err)
		}
		if n := size(t, store, schema.Family); n != 0 {
			t.Errorf("%d families are left", n)
		}
	})
}

// However a sign-off and a redemption meet, no refresh token comes out of a session that has ended.
func TestARedemptionThatRacesASignOffLeavesNothingAlive(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		for range 30 {
			g := newGrant(t)
			putSession(t, store, g.SessionID)
			r, token := withFamily(t, g)
			var wait sync.WaitGroup
			wait.Add(2)
			go func() { defer wait.Done(); endSession(t, store, g.SessionID, none) }()
			go func() {
				defer wait.Done()
				if err := redeem(store, r); err != nil && !errors.Is(err, grant.ErrSessionEnded) {
					t.Error(err)
				}
			}()
			wait.Wait()
			if _, _, err := rotate(store, use(token, start.Add(time.Minute))); err == nil {
				t.Fatal("a refresh token outlived the sign-off")
			}
		}
	})
}

func TestASessionThatIsUsedForYearsDoesNotCollectFamilies(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		for day := range 6 {
			g := newGrant(t)
			now := start.Add(time.Duration(day) * 24 * time.Hour)
			putSession(t, store, g.SessionID)
			f := g.Begin()
			if _, err := refresher.Begin(f, now.Add(36*time.Hour)); err != nil {
				t.Fatal(err)
			}
			g.Expires = now.Add(time.Minute)
			r := grant.Redemption{Grant: g, Now: now, Until: now.Add(37 * time.Hour), Alive: aliveIn(g.SessionID), Family: f}
			if err := redeem(store, r); err != nil {
				t.Fatal(err)
			}
		}
		if n := size(t, store, schema.FamilyBySession); n > 2 {
			t.Errorf("%d index entries, want those of the last two days", n)
		}
	})
}
