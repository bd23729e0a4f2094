package background

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/departure"
	"vigil/internal/feed"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/mail"
	"vigil/internal/notice"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Worker does the background work of one server.
type Worker struct {
	KV       kv.Store
	Sessions *store.Sessions
	Attempts *attempts.Counter
	Keys     *keys.Set
	Notices  *notice.Dispatcher
	Mail     *mail.Outbox // nil: nobody sends any
	Feed     *feed.Feed
	// Departure finishes deletions that a crash broke off.
	Departure *departure.Departure
	// Abandoned hears of runs that expired while they waited for their person. Nil: nobody listens.
	Abandoned func(*store.Run)
	// Flows removes the sources of flows that nothing needs any more. Nil: there are none.
	Flows func(context.Context) error
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	// every is how long gathered activity may wait for the disk, and how late an ended session may be noticed by the server.
	every = time.Second
	// forgetEvery is how often expired records are removed; they count for nothing before that.
	forgetEvery = time.Minute
	// atOnce bounds one transaction's share of a large sweep.
	atOnce = 500
)

// Run works until ctx is done, then writes what was gathered.
func (w *Worker) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	forgotten := w.Now()
	for {
		select {
		case <-ctx.Done():
			if err := w.Sessions.Flush(context.WithoutCancel(ctx)); err != nil {
				w.Log.Error("activity lost at shutdown", "error", err)
			}
			return
		case <-ticker.C:
		}
		w.report(ctx, "sweep failed", w.Sweep(ctx))
		w.report(ctx, "keys not read", w.Keys.Follow(ctx, w.Now()))
		w.report(ctx, "notices not read", w.Notices.Round(ctx))
		if w.Mail != nil {
			w.report(ctx, "letters not read", w.Mail.Round(ctx))
		}
		if now := w.Now(); now.Sub(forgotten) >= forgetEvery {
			forgotten = now
			w.report(ctx, "forgetting failed", w.Forget(ctx))
		}
	}
}

func (w *Worker) report(ctx context.Context, message string, err error) {
	if err != nil && ctx.Err() == nil {
		w.Log.Error(message, "error", err) //nolint:sloglint // a constant at every call
	}
}

// Sweep writes gathered activity, then ends every session that is due.
func (w *Worker) Sweep(ctx context.Context) error {
	if err := w.Sessions.Flush(ctx); err != nil {
		return err
	}
	for {
		handled, err := w.Sessions.Sweep(ctx, w.Now(), atOnce)
		if err != nil || handled < atOnce {
			return err
		}
	}
}

// Forget removes what has expired and who has left: runs, people who registered and proved nothing, parked requests, dead letters, news, grants, attempts, keys and sources of flows. Keys go on in their lives.
func (w *Worker) Forget(ctx context.Context) error {
	now := w.Now()
	_, attemptsErr := w.Attempts.Prune(ctx)
	return errors.Join(
		untilDone(func() (bool, error) { return w.forgetRuns(ctx, now) }),
		untilDone(func() (bool, error) { return store.Forget(ctx, w.KV, now, atOnce) }),
		untilDone(func() (bool, error) { return grant.Prune(ctx, w.KV, now, atOnce) }),
		attemptsErr,
		w.Departure.Finish(ctx),
		untilDone(func() (bool, error) { return w.Departure.Directory.ForgetNewcomers(ctx, atOnce) }),
		w.Feed.Prune(ctx, now),
		w.forgetFlows(ctx),
		w.advanceKeys(ctx, now),
	)
}

// forgetRuns removes expired runs and tells of those that nobody ended.
func (w *Worker) forgetRuns(ctx context.Context, now time.Time) (more bool, err error) {
	abandoned, more, err := store.ForgetRuns(ctx, w.KV, now, atOnce)
	if err == nil && w.Abandoned != nil {
		for _, r := range abandoned {
			w.Abandoned(r)
		}
	}
	return more, err
}

func (w *Worker) forgetFlows(ctx context.Context) error {
	if w.Flows == nil {
		return nil
	}
	return w.Flows(ctx)
}

// advanceKeys does what the schedule of signing keys wants, and says what it did.
func (w *Worker) advanceKeys(ctx context.Context, now time.Time) error {
	events, err := w.Keys.Advance(ctx, now)
	for _, e := range events {
		w.Log.Info("key changed", "environment", e.EnvironmentID, "kid", e.Kid, "alg", e.Alg, "change", string(e.What), "from", e.From, "until", e.Until)
	}
	return err
}

func untilDone(step func() (more bool, err error)) error {
	for {
		if more, err := step(); err != nil || !more {
			return err
		}
	}
}
