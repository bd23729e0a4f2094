package password_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/password"
)

func hasher(t *testing.T, c password.Config) *password.Hasher {
	t.Helper()
	if c.Params == (password.Params{}) {
		c.Params = password.Cheapest()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	h, err := password.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func verify(t *testing.T, h *password.Hasher, phc, typed string) (ok, again bool) {
	t.Helper()
	ok, again, err := h.Verify(t.Context(), phc, typed)
	if err != nil {
		t.Fatalf("verify %q: %v", typed, err)
	}
	return ok, again
}

func hash(t *testing.T, h *password.Hasher, typed string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), typed)
	if err != nil {
		t.Fatalf("hash %q: %v", typed, err)
	}
	return phc
}

func TestOnlyTheSamePasswordVerifies(t *testing.T) {
	h := hasher(t, password.Config{})
	phc := hash(t, h, "correct horse")
	for typed, want := range map[string]bool{
		"correct horse": true, "Correct horse": false, "correct horse ": false, " correct horse": false, "correct": false, "": false,
	} {
		if ok, _ := verify(t, h, phc, typed); ok != want {
			t.Errorf("%q verified: %v", typed, ok)
		}
	}
	if hash(t, h, "correct horse") == phc {
		t.Error("two hashes of one password are equal: the salt was not drawn")
	}
}

func TestNewHashesCarryTheRecommendedCosts(t *testing.T) {
	h, err := password.New(password.Config{Random: bytes.NewReader(make([]byte, 16))})
	if err != nil {
		t.Fatal(err)
	}
	phc := hash(t, h, "correct horse")
	if want := "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"; !strings.HasPrefix(phc, want) {
		t.Errorf("%q does not begin with %q", phc, want)
	}
	if _, err := h.Hash(t.Context(), "correct horse"); err == nil {
		t.Error("a password was hashed though the randomness had run dry")
	}
}

// The vector is of the reference implementation's test suite (phc-winner-argon2, src/test.c).
func TestAStringOfTheReferenceImplementationVerifies(t *testing.T) {
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, _ := verify(t, hasher(t, password.Config{}), phc, "password"); !ok {
		t.Error("refused")
	}
}

func TestAPasswordIsTheSameOnEveryKeyboard(t *testing.T) {
	h := hasher(t, password.Config{})
	for _, c := range []struct {
		what, chosen, typed string
		same                bool
	}{
		{"composed and decomposed", "Caf\u00e9 cr\u00e8me", "Cafe\u0301 cre\u0300me", true},
		{"a no-break space", "open sesame", "open\u00a0sesame", true},
		{"an ideographic space", "open sesame", "open\u3000sesame", true},
		{"full width letters", "sesame12", "ｓesame12", false},
		{"a ligature", "office12", "o\ufb03ce12", false},
		{"case", "sesame12", "Sesame12", false},
	} {
		if ok, _ := verify(t, h, hash(t, h, c.chosen), c.typed); ok != c.same {
			t.Errorf("%s: verified %v", c.what, ok)
		}
	}
}

func TestUnusablePasswordsAreRefusedWhenChosenAndWrongWhenTyped(t *testing.T) {
	h := hasher(t, password.Config{})
	phc := hash(t, h, strings.Repeat("x", password.MaxLength))
	for what, typed := range map[string]string{
		"empty": "", "too long": strings.Repeat("x", password.MaxLength+1), "control character": "pass\x00word", "not UTF-8": "pass\xffword",
	} {
		if _, err := h.Hash(t.Context(), typed); !errors.Is(err, password.ErrUnusable) {
			t.Errorf("%s: hashed with %v", what, err)
		}
		before := h.Computed()
		if ok, _ := verify(t, h, phc, typed); ok {
			t.Errorf("%s: verified", what)
		}
		if h.Computed() != before+1 {
			t.Errorf("%s: answered after %d computations", what, h.Computed()-before)
		}
	}
}

func TestAnUnusablePasswordIsWrongEvenForTheHashOfNothing(t *testing.T) {
	const ofNothing = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
	h := hasher(t, password.Config{})
	phc := ofNothing + keyOfNothing()
	for _, typed := range []string{"", strings.Repeat("x", password.MaxLength+1)} {
		if ok, _ := verify(t, h, phc, typed); ok {
			t.Errorf("a password of %d bytes verified", len(typed))
		}
	}
}

func TestEveryAnswerCostsOneComputation(t *testing.T) {
	h := hasher(t, password.Config{})
	phc := hash(t, h, "correct horse")
	for what, answer := range map[string]func() error{
		"right":     func() error { _, _, err := h.Verify(t.Context(), phc, "correct horse"); return err },
		"wrong":     func() error { _, _, err := h.Verify(t.Context(), phc, "wrong horse"); return err },
		"nobody":    func() error { return h.VerifyNobody(t.Context(), "correct horse") },
		"malformed": func() error { _, _, _ = h.Verify(t.Context(), "$argon2id$", "x"); return nil },
		"absurd": func() error {
			_, _, err := h.Verify(t.Context(), strings.Replace(phc, "m=8", "m=4000000000", 1), "x")
			if !errors.Is(err, password.ErrParams) {
				return errors.New("absurd costs were not refused")
			}
			return nil
		},
	} {
		before := h.Computed()
		if err := answer(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n := h.Computed() - before; n != 1 {
			t.Errorf("%s: %d computations", what, n)
		}
	}
}

func TestAChangeOfCostsAsksForANewHash(t *testing.T) {
	old, now := hasher(t, password.Config{}), hasher(t, password.Config{Params: password.Params{Memory: 16, Passes: 1, Threads: 1}})
	phc := hash(t, old, "correct horse")
	if ok, again := verify(t, old, phc, "correct horse"); !ok || again {
		t.Errorf("same costs: ok %v, again %v", ok, again)
	}
	if ok, again := verify(t, now, phc, "correct horse"); !ok || !again {
		t.Errorf("other costs: ok %v, again %v", ok, again)
	}
	if ok, again := verify(t, now, phc, "wrong horse"); ok || again {
		t.Errorf("wrong password: ok %v, again %v", ok, again)
	}
}

func TestNoMoreHashesAtOnceThanSlots(t *testing.T) {
	started, release := make(chan struct{}, 8), make(chan struct{})
	h := hasher(t, password.Config{Slots: 2, Params: password.Params{Memory: 64 << 10, Passes: 4, Threads: 1}})
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			started <- struct{}{}
			<-release
			_ = h.VerifyNobody(ctx, "correct horse")
		})
	}
	for range 8 {
		<-started
	}
	close(release)
	for h.Computed() < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel() // two hold the slots for a long while yet; six wait
	done.Wait()
	if n := h.Computed(); n != 2 {
		t.Errorf("%d hashes began, of which 2 had a slot", n)
	}
}

func TestWhoGaveUpWaitingIsNotComputed(t *testing.T) {
	h := hasher(t, password.Config{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("hash: %v", err)
	}
	if err := h.VerifyNobody(gone, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody: %v", err)
	}
	if h.Computed() != 0 {
		t.Errorf("%d computations", h.Computed())
	}
}

func TestAHasherIsNotMadeOfNonsense(t *testing.T) {
	for what, c := range map[string]password.Config{
		"no randomness":        {},
		"no threads":           {Random: rand.Reader, Params: password.Params{Memory: 8, Passes: 1}},
		"too little memory":    {Random: rand.Reader, Params: password.Params{Memory: 31, Passes: 1, Threads: 4}},
		"too much memory":      {Random: rand.Reader, Params: password.Params{Memory: 1 << 20, Passes: 1, Threads: 1}},
		"too much of the both": {Random: rand.Reader, Params: password.Params{Memory: 256 << 10, Passes: 8, Threads: 1}},
	} {
		if _, err := password.New(c); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestAFloodOfPasswordsIsTurnedAwayInsteadOfQueuedForEver(t *testing.T) {
	h, err := password.New(password.Config{Params: password.Recommended(), Random: rand.Reader, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := make(chan error, 200)
	for range cap(answers) {
		go func() { answers <- h.VerifyNobody(ctx, "guess") }()
	}
	busy := 0
	for range cap(answers) {
		err := <-answers
		if errors.Is(err, password.ErrBusy) {
			if busy++; busy == 100 {
				cancel() // those in the queue need not be computed
			}
		}
	}
	if busy < 100 {
		t.Errorf("%d of %d were turned away", busy, cap(answers))
	}
	if err := h.VerifyNobody(t.Context(), "guess"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}
