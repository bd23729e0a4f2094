package keys_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/keys"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

const day = 24 * time.Hour

// quarterly is the schedule that the manual tells of.
func quarterly() func(string) keys.Schedule {
	return scheduled(keys.Schedule{Every: 90 * day, Ahead: day, Keep: 31 * day})
}

// holds: oidcc-server-rotate-keys
func TestAKeyIsPublishedADayBeforeItSignsAndKeptWhileWhatItSignedLives(t *testing.T) {
	set := open(t, openStore(t), keys.Options{Schedule: quarterly()})
	ring := set.Ring("env")
	before := sign(t, ring, keys.ES256)
	old := kidOf(t, before)
	published, signs, forgotten := time.Time{}, time.Time{}, time.Time{}
	current, first := jwksOf(set), jwksOf(set)
	for now := start; now.Before(start.Add(130 * day)); now = now.Add(time.Hour) {
		advance(t, set, now)
		next := kidOf(t, sign(t, ring, keys.ES256))
		switch {
		case next != old && signs.IsZero():
			if signs = now; !strings.Contains(current, next) {
				t.Error("the new key was not published an hour before")
			}
		case published.IsZero() && jwksOf(set) != first:
			published = now
		case forgotten.IsZero() && !strings.Contains(jwksOf(set), old):
			forgotten = now
		}
		current = jwksOf(set)
	}
	if !published.Equal(start.Add(89*day)) || !signs.Equal(start.Add(90*day)) || !forgotten.Equal(start.Add(121*day)) {
		t.Errorf("published after %v, signed after %v, forgotten after %v", published.Sub(start), signs.Sub(start), forgotten.Sub(start))
	}
	if _, err := ring.Verify(before, keys.TypeIDToken); err == nil {
		t.Error("a token of a forgotten key is good")
	}
}

// A server that was down on the day finds its keys too old: it publishes first all the same.
func TestAServerThatSleptThroughTheDayPublishesBeforeItSigns(t *testing.T) {
	store := openStore(t)
	old := kidOf(t, sign(t, open(t, store, keys.Options{}).Ring("env"), keys.ES256))
	set := open(t, store, keys.Options{Schedule: quarterly()})
	late := start.Add(200 * day)
	advance(t, set, late)
	advance(t, set, late.Add(day-time.Second))
	if kidOf(t, sign(t, set.Ring("env"), keys.ES256)) != old {
		t.Error("a key signs that nobody could know for a day")
	}
	advance(t, set, late.Add(day))
	if kidOf(t, sign(t, set.Ring("env"), keys.ES256)) == old {
		t.Error("the old key signs for ever")
	}
}

func TestWithoutAScheduleKeysChangeOnCommandAlone(t *testing.T) {
	set := open(t, openStore(t), keys.Options{})
	first := jwksOf(set)
	if events := advance(t, set, start.Add(1000*day)); len(events) != 0 || jwksOf(set) != first {
		t.Errorf("happened: %v", events)
	}
}

func TestACommandPublishesAndHurriesButNeverSkipsTheDay(t *testing.T) {
	set := open(t, openStore(t), keys.Options{Schedule: quarterly()})
	ring := set.Ring("env")
	old := kidOf(t, sign(t, ring, keys.ES256))
	for _, wait := range []time.Duration{0, time.Hour, day - time.Second} {
		if _, err := set.Rotate(ctx, "env", start.Add(wait)); err != nil || kidOf(t, sign(t, ring, keys.ES256)) != old {
			t.Errorf("after %v: another key signs (%v)", wait, err)
		}
	}
	if n := len(ring.Describe()); n != 6 {
		t.Errorf("%d keys, want active and next of three algorithms however often somebody asks", n)
	}
	events := advance(t, set, start.Add(day))
	if kidOf(t, sign(t, ring, keys.ES256)) == old || len(events) != 6 {
		t.Errorf("the day is over and the old key signs; happened: %v", events)
	}
}

func TestAfterATheftNothingThatWasSignedIsWorthAnything(t *testing.T) {
	store := openStore(t)
	o := keys.Options{Schedule: quarterly(), Encryption: true}
	set, other := open(t, store, o), open(t, store, o)
	rotate(t, set, start)
	if _, err := set.Rotate(ctx, "env", start); err != nil {
		t.Fatal(err)
	}
	token, secret, before := sign(t, set.Ring("env"), keys.ES256), set.Secret("env", "codes"), jwksOf(set)
	events, err := set.Replace(ctx, "env", start)
	if err != nil || len(events) != 3*5+5 {
		t.Fatalf("%d events: %v, %v", len(events), events, err)
	}
	for _, s := range []*keys.Set{set, other} {
		advance(t, s, start.Add(time.Minute))
		if _, err := s.Ring("env").Verify(token, keys.TypeIDToken); err == nil {
			t.Error("what the thief could have signed is good")
		}
		for _, d := range s.Ring("env").Describe() {
			if d.State != keys.Active || strings.Contains(before, d.Kid) {
				t.Errorf("a key of before is there: %+v", d)
			}
		}
	}
	if set.Secret("env", "codes") != secret {
		t.Error("everybody was signed off")
	}
	sign(t, set.Ring("env"), keys.RS256)
}

func TestManyProcessesMakeOneDecision(t *testing.T) {
	store := kvtest.NewWeak(schema.All(), 11)
	o := keys.Options{Schedule: quarterly()}
	sets := make([]*keys.Set, 4)
	for i := range sets {
		sets[i] = open(t, store, o)
	}
	for _, now := range []time.Time{start.Add(89 * day), start.Add(90 * day), start.Add(121 * day)} {
		done := make(chan []keys.Event, len(sets))
		for _, s := range sets {
			go func() {
				events, err := s.Advance(ctx, now)
				if err != nil {
					t.Error(err)
				}
				done <- events
			}()
		}
		var all []string
		for range sets {
			for _, e := range <-done {
				all = append(all, string(e.What)+" "+e.Kid)
			}
		}
		slices.Sort(all)
		if n := len(all); n == 0 || len(slices.Compact(all)) != n {
			t.Errorf("after %v something happened twice or never: %v", now.Sub(start), all)
		}
		for _, s := range sets {
			if err := s.Refresh(ctx, now); err != nil || jwksOf(s) != jwksOf(sets[0]) {
				t.Errorf("the processes disagree (%v)", err)
			}
		}
	}
}

func TestANewKeyEncryptionKeyTakesTheOldOnesPlace(t *testing.T) {
	store := openStore(t)
	first, second := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210fedcba9876543210")
	before := open(t, store, keys.Options{KeyEncryptionKey: first})
	token, secret := sign(t, before.Ring("env"), keys.ES256), before.Secret("env", "codes")
	both := open(t, store, keys.Options{KeyEncryptionKey: second, EarlierKeyEncryptionKey: first})
	if _, err := both.Ring("env").Verify(token, keys.TypeIDToken); err != nil || both.Secret("env", "codes") != secret {
		t.Errorf("the change of the master key changed the keys: %v", err)
	}
	if sealed, all := count(t, store); sealed != all {
		t.Errorf("%d of %d sealed", sealed, all)
	}
	if _, err := keys.Open(ctx, store, []string{"env"}, start, keys.Options{KeyEncryptionKey: first}); err == nil {
		t.Error("the old key still opens")
	}
	after := open(t, store, keys.Options{KeyEncryptionKey: second})
	if _, err := after.Ring("env").Verify(token, keys.TypeIDToken); err != nil || after.Secret("env", "codes") != secret {
		t.Errorf("the new key alone is not enough: %v", err)
	}
}
