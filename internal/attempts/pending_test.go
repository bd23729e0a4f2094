package attempts_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/attempts"
)

func TestParallelGuessesCannotPassTheLimit(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		var checked, refused atomic.Int64
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				ticket, err := c.Reserve(t.Context(), guess("ada", home))
				switch {
				case errors.As(err, new(*attempts.LockedError)):
					refused.Add(1)
					return
				case err != nil:
					t.Error(err)
					return
				}
				checked.Add(1)
				time.Sleep(5 * time.Millisecond) // the hash
				if err := c.Failed(t.Context(), ticket); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := checked.Load(); n > 10 {
			t.Errorf("%d guesses were checked", n)
		}
		if refused.Load() == 0 {
			t.Error("nobody was told that the name is locked")
		}
	})
}

func TestAGuessWaitsWhileOthersAreBeingChecked(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		var tickets []attempts.Ticket
		for range 10 {
			ticket, err := c.Reserve(t.Context(), guess("ada", home))
			if err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, ticket)
		}
		short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if _, err := c.Reserve(short, guess("ada", home)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the eleventh did not wait: %v", err)
		}
		eleventh := make(chan error)
		go func() {
			_, err := c.Reserve(t.Context(), guess("ada", home))
			eleventh <- err
		}()
		if err := c.Succeeded(t.Context(), tickets[0]); err != nil {
			t.Fatal(err)
		}
		if err := <-eleventh; err != nil {
			t.Errorf("the eleventh after a success: %v", err)
		}
	})
}

func TestAGuessThatNeverCameBackCountsAsWrong(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		var late attempts.Ticket
		for range 10 {
			var err error
			if late, err = c.Reserve(t.Context(), guess("ada", home)); err != nil {
				t.Fatal(err)
			}
		}
		now.advance(61 * time.Second)
		if _, is := locked(t, c, guess("ada", home)); !is {
			t.Error("ten guesses without an outcome did not lock")
		}
		if err := c.Failed(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		now.advance(time.Minute)
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("a late outcome was counted twice")
		}
	})
}

func TestGuessesForgottenLongAgoDoNotLock(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 10 {
			if _, err := c.Reserve(t.Context(), guess("ada", home)); err != nil {
				t.Fatal(err)
			}
		}
		now.advance(16 * time.Minute)
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("locked for what happened sixteen minutes ago")
		}
	})
}
