package events_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

func TestTheFirstEventIsThePresentStateAndTheEndingComesAtOnce(t *testing.T) {
	w := newWorld(t)
	for seed := range byte(20) {
		ada := w.signedOn(seed)
		s := ada.follow()
		if first := s.next("extended"); first.data["p"] != ada.mark() || !nearly30Minutes(first) {
			t.Fatalf("the first event says %v", first.data)
		}
		ada.end(store.Deleted)
		if last := s.next("ended"); last.data["p"] != ada.mark() {
			t.Errorf("ended %v, want the mark %s", last.data, ada.mark())
		}
		s.next("end")
	}
}

// nearly30Minutes are left of the idle timeout: this machine may be busy.
func nearly30Minutes(l line) bool {
	left, ok := l.data["left"].(float64)
	return ok && left > 1700 && left <= 1800
}

func TestTheHeadersSurviveProxies(t *testing.T) {
	w := newWorld(t)
	h := w.signedOn(1).follow().header
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
}

func TestTheStreamOfADeadSessionAnswers200AndEnded(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	ada.end(store.TimedOut)
	s := ada.follow()
	if s.status != 200 {
		t.Errorf("status %d", s.status)
	}
	if last := s.next("ended"); last.data["p"] != ada.mark() {
		t.Errorf("ended %v", last.data)
	}
	s.next("quiet")
	s.next("end")
}

func TestAStreamIsNoActivityAndASilentOneWritesNothing(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	before := entries(t, w)
	s := ada.follow()
	s.next("extended")
	s.silent(1500 * time.Millisecond) // a flush would have come
	if after := entries(t, w); after != before {
		t.Errorf("%d news of a session in which nothing happened", after-before)
	}
	w.advance(31 * time.Minute)
	s.next("ended")
}

// entries counts the news that were ever written.
func entries(t *testing.T, w *world) int {
	t.Helper()
	news, _, err := store.ReadNews(t.Context(), w.server.Sessions.KV, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(news)
}

func TestActivityWithoutTheBrowserReachesItsCountdown(t *testing.T) {
	w := newWorld(t)
	ada, grace := w.signedOn(1), w.signedOn(2)
	s, other := ada.follow(), grace.follow()
	s.next("extended")
	other.next("extended")
	w.advance(10 * time.Minute)
	begun := time.Now()
	w.server.Sessions.Touch(ada.session.ID, w.now())
	next := s.next("extended")
	t.Logf("a touch is told after %v", next.at.Sub(begun))
	if !nearly30Minutes(next) {
		t.Errorf("%v seconds are left", next.data["left"])
	}
	s.silent(1500 * time.Millisecond) // the flush tells nothing new
	other.silent(0)
}

func TestActivityOfAnotherProcessIsToldWhenItReachesTheDisk(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	s := ada.follow()
	s.next("extended")
	w.advance(10 * time.Minute)
	another := store.Sessions{KV: w.server.Sessions.KV}
	another.Touch(ada.session.ID, w.now())
	s.silent(300 * time.Millisecond)
	if err := another.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.next("extended")
}

func TestWithoutTheSignalADeletionIsNotPushedButASignOffIs(t *testing.T) {
	w := newWorld(t, "sessionDeleteSignal: none")
	ada, grace := w.signedOn(1), w.signedOn(2)
	deleted, signedOff := ada.follow(), grace.follow()
	deleted.next("extended")
	signedOff.next("extended")
	ada.end(store.Deleted)
	grace.end(store.SignedOff)
	deleted.next("quiet")
	deleted.next("end")
	signedOff.next("ended")
	again := ada.follow()
	again.next("quiet")
	again.next("end")
}

func TestOnlyPagesOfTheHostStreamByCookies(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example.com"},
		{"Sec-Fetch-Site: same-site", "Origin: " + app},
		{"Sec-Fetch-Site: same-site"},
		{"Sec-Fetch-Site: same-origin", "Origin: " + app},
	} {
		if s := ada.follow(headers...); s.status != 403 {
			t.Errorf("%v is answered %d", headers, s.status)
		}
	}
	if s := ada.follow("Sec-Purpose: prefetch"); s.status != 503 {
		t.Errorf("a prefetch is answered %d", s.status)
	}
}

func TestAPlantedTokenAndAReplacedOneEndNothing(t *testing.T) {
	w := newWorld(t)
	ada, grace := w.signedOn(1), w.signedOn(2)
	grace.end(store.SignedOff)
	token := func(p *person) string { first, _, _ := strings.Cut(p.cookies, "; "); return first }
	planted := w.open("/as/session/events", "Sec-Fetch-Site: same-origin", "Cookie: "+ada.cookies+"; "+token(grace))
	planted.next("quiet")
	planted.next("end")

	ada.session.SecretDigest = [32]byte{1} // an authentication whose answer is on its way
	ada.write(func(tx kv.Tx, s *session.Session) error {
		if _, err := store.Session(tx, s.ID); err != nil {
			return err
		}
		return store.ReplaceSession(tx, s)
	})
	ada.follow().next("end")
}

func TestTheOldestStreamOfASessionMakesRoom(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	var streams []*stream
	for range 17 {
		s := ada.follow()
		s.next("extended")
		streams = append(streams, s)
	}
	streams[0].next("end")
	streams[1].silent(50 * time.Millisecond)
}

func TestAStoppingServerDoesNotWaitForStreams(t *testing.T) {
	w := newWorld(t)
	s := w.signedOn(1).follow()
	s.next("extended")
	if err := w.stop(); err != nil { // that it gave up waiting
		t.Error(err)
	}
	s.next("end")
}

func TestAStreamOutlivesTheDeadlinesOfOrdinaryAnswers(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	hasty := httptest.NewUnstartedServer(w.server)
	hasty.Config.ReadHeaderTimeout = time.Minute
	hasty.Config.ReadTimeout, hasty.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	hasty.Start()
	t.Cleanup(hasty.Close)
	host := w.port
	_, w.port, _ = strings.Cut(strings.TrimPrefix(hasty.URL, "http://"), ":")
	s := ada.follow("Host: auth.vigil.localhost:" + host)
	s.next("extended")
	s.silent(time.Second)
	ada.end(store.SignedOff)
	s.next("ended")
}
