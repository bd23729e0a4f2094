package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/directory"
	"vigil/internal/fixture"
	"vigil/internal/flowhost"
	"vigil/internal/replay"
)

// twins are two servers on one database.
type twins struct {
	t  *testing.T
	of [2]*factory
}

func openTwins(t *testing.T) *twins {
	t.Helper()
	database, err := fixture.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Stop() })
	w := &twins{t: t}
	for i := range w.of {
		w.of[i] = openFactory(t, database.Address("vigil"))
	}
	return w
}

// race does something 16 times at once, by turns at the one and at the other, and counts what it comes to.
func (w *twins) race(try func(*factory) string) map[string]int {
	w.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	came := map[string]int{}
	for i := range 16 {
		all.Go(func() {
			outcome := try(w.of[i%2])
			mu.Lock()
			defer mu.Unlock()
			came[outcome]++
		})
	}
	all.Wait()
	return came
}

// once holds that of 16 one succeeds.
func (w *twins) once(what, success string, try func(*factory) string) {
	w.t.Helper()
	if came := w.race(try); came[success] != 1 {
		w.t.Errorf("%s over two servers comes to %v", what, came)
	}
}

// mail sends ada a code.
func (f *factory) mail() {
	f.t.Helper()
	if sent := f.ask("email.sendCode", map[string]any{"username": "ada", "subject": "Your code", "text": "{code}"}).Outcome; sent != "sent" {
		f.t.Fatal(sent)
	}
}

// mailed finds out a code that a run was mailed as nobody else can: by the environment's secret.
func (w *twins) mailed(f *factory) string {
	w.t.Helper()
	var kept struct{ Digest []byte }
	err := flowhost.Keep{KV: f.kv}.Change(w.t.Context(), f.run, "email code", func(value []byte) ([]byte, error) {
		return value, json.Unmarshal(value, &kept)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	key := f.Keys.Secret("home", "codes")
	for n := range 1_000_000 {
		mac := hmac.New(sha256.New, key[:])
		fmt.Fprintf(mac, "%s\x00%06d", f.run, n)
		if hmac.Equal(mac.Sum(nil), kept.Digest) {
			return fmt.Sprintf("%06d", n)
		}
	}
	w.t.Fatal("no code was mailed")
	return ""
}

func TestWhatIsGoodOnceIsGoodOnceOverTwoServersOnOneDatabase(t *testing.T) {
	w := openTwins(t)
	first := w.of[0]
	step := func(name string, inputs map[string]any) func(*factory) string {
		return func(f *factory) string { return f.ask(name, inputs).Outcome }
	}
	typed := func(code string) map[string]any {
		return map[string]any{"account": first.user.AccountValue, "code": connector.NewSecret(code)}
	}
	recovery := strings.Split(first.ask("recovery.create", map[string]any{"user": first.user}).Output["codes"].(connector.SecretValue).Reveal(), "\n")
	w.once("a recovery code", "success", step("recovery.check", typed(recovery[3])))

	app := []byte("12345678901234567890")
	if _, err := first.authenticators().Add(t.Context(), "home", first.user.ID, builtin.Authenticator{Kind: builtin.KindTOTP, Data: app}); err != nil {
		t.Fatal(err)
	}
	code, err := builtin.TOTP(app, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.once("a code of an app", "success", step("totp.check", typed(code)))

	first.mail()
	w.once("a mailed code", "success", step("email.checkCode", map[string]any{"code": connector.NewSecret(w.mailed(first))}))

	until := time.Now().Add(time.Minute)
	for _, kind := range []string{"dpop", "client assertion"} {
		w.once("the jti of a "+kind, "true", func(f *factory) string {
			fresh, err := replay.Memory{Store: f.kv}.First(t.Context(), until, kind, "home", "jti")
			if err != nil {
				t.Error(err)
			}
			return fmt.Sprint(fresh)
		})
	}
}

func TestWrongGuessesAreCountedOverTwoServersOnOneDatabase(t *testing.T) {
	w := openTwins(t)
	guess := func(f *factory, password string) string {
		r, err := f.Directory.CheckPassword(t.Context(), "home", "ada", password, netip.MustParseAddr("192.0.2.1"))
		if err != nil {
			t.Error(err)
		}
		return string(r.Outcome)
	}
	came := w.race(func(f *factory) string { return guess(f, "wrong") })
	if came[string(directory.Failure)] != 10 || came[string(directory.Locked)] != 6 {
		t.Errorf("16 wrong passwords over two servers come to %v", came)
	}
	for _, f := range w.of {
		if outcome := guess(f, "correct horse"); outcome != string(directory.Locked) {
			t.Errorf("afterwards the right one comes to %s", outcome)
		}
	}
	w.of[0].mail()
	right := w.mailed(w.of[0])
	w.race(func(f *factory) string {
		return f.ask("email.checkCode", map[string]any{"code": connector.NewSecret("nonsense")}).Outcome
	})
	for _, f := range w.of {
		if outcome := f.ask("email.checkCode", map[string]any{"code": connector.NewSecret(right)}).Outcome; outcome != "expired" {
			t.Errorf("after 16 wrong ones a mailed code comes to %s", outcome)
		}
	}
}
