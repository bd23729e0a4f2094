package feed

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Feed reads the store's feed and fans it out.
type Feed struct {
	KV  kv.Store
	Log *slog.Logger

	mu            sync.Mutex
	subscriptions map[session.ID][]*Subscription
	marks         []store.News // one for each read, the oldest first: where pruning may stop
}

const (
	// lookEvery finds news whose hint was lost, and those of other processes.
	lookEvery = 250 * time.Millisecond
	atOnce    = 500
)

// Subscription listens to one session.
type Subscription struct {
	// News hints that something became of the session. Hints are joined: one may stand for many.
	News <-chan struct{}

	feed  *Feed
	id    session.ID
	news  chan struct{}
	ended *store.News // under feed.mu
}

// Subscribe listens to a session from now on. Look at the session after that, and Close in the end.
func (f *Feed) Subscribe(id session.ID) *Subscription {
	news := make(chan struct{}, 1)
	s := &Subscription{News: news, feed: f, id: id, news: news}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subscriptions == nil {
		f.subscriptions = map[session.ID][]*Subscription{}
	}
	f.subscriptions[id] = append(f.subscriptions[id], s)
	return s
}

// Ended is the news of the session's end. Nil: none came yet.
func (s *Subscription) Ended() *store.News {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return s.ended
}

// Close ends the subscription.
func (s *Subscription) Close() {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	left := slices.DeleteFunc(f.subscriptions[s.id], func(other *Subscription) bool { return other == s })
	if len(left) == 0 {
		delete(f.subscriptions, s.id)
		return
	}
	f.subscriptions[s.id] = left
}

// Touched tells who listens to a session that somebody was active in it.
func (f *Feed) Touched(id session.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(id, nil)
}

// tell needs mu.
func (f *Feed) tell(id session.ID, ended *store.News) {
	for _, s := range f.subscriptions[id] {
		if ended != nil {
			s.ended = ended
		}
		select {
		case s.news <- struct{}{}:
		default: // a hint waits already
		}
	}
}

// Run reads until ctx is done. What was written before it began is read too; it is at most an hour's.
func (f *Feed) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	wake := f.KV.Wake(schema.Feed)
	var after kv.Cursor
	failed := false
	for {
		next, err := f.read(ctx, after)
		if err != nil && ctx.Err() == nil && !failed {
			f.Log.Error("the feed cannot be read", "error", err)
		}
		after, failed = next, err != nil
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-ticker.C:
		}
	}
}

// read tells all that is new.
func (f *Feed) read(ctx context.Context, after kv.Cursor) (kv.Cursor, error) {
	for {
		news, next, err := store.ReadNews(ctx, f.KV, after, atOnce)
		if err != nil || len(news) == 0 {
			return after, err
		}
		after = next
		f.publish(news)
		if len(news) < atOnce {
			return after, nil
		}
	}
}

// markEvery keeps the list of marks short: pruning need not be exact.
const markEvery = time.Minute

func (f *Feed) publish(news []store.News) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range news {
		n := &news[i]
		for _, id := range n.Sessions {
			if n.Kind == store.Ended {
				f.tell(id, n)
			} else {
				f.tell(id, nil)
			}
		}
		if len(f.marks) == 0 || n.At.Sub(f.marks[len(f.marks)-1].At) >= markEvery {
			f.marks = append(f.marks, *n)
		}
	}
}

// Prune forgets news that are older than an hour.
func (f *Feed) Prune(ctx context.Context, now time.Time) error {
	before, found := f.forget(now)
	for found {
		more, err := store.ForgetNews(ctx, f.KV, before, atOnce)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// forget takes the marks of what is older than an hour away and gives the last of them.
func (f *Feed) forget(now time.Time) (last store.News, found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.marks) > 0 && now.Sub(f.marks[0].At) > store.NewsFor {
		last, found = f.marks[0], true
		f.marks = f.marks[1:]
	}
	return last, found
}
