package notice_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/fixture"
)

// hang answers nobody until the test ends or the caller gives up.
func hang(end <-chan struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, q *http.Request) {
		select {
		case <-end:
		case <-q.Context().Done():
		}
	}
}

func TestADeadApplicationDelaysNobodyElse(t *testing.T) {
	end := make(chan struct{})
	dead, alive := newReceiver(t, hang(end)), newReceiver(t, nil)
	t.Cleanup(func() { close(end) })
	w := newWorld(t, map[string]string{"dead": dead.URL, "alive": alive.URL})
	const sessions = 600 // more than a page of the queue
	for i := range sessions {
		w.clock = w.clock.Add(time.Millisecond)
		w.end(w.begin(byte(i), "dead"))
	}
	w.end(w.begin(0, "alive"))
	if err := w.notices.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	fixture.Until(t, "the living application is told while the dead one is asked", func() bool { return len(alive.got()) > 0 && len(dead.got()) > 0 })
	time.Sleep(50 * time.Millisecond)
	if n := len(dead.got()); n > 4 {
		t.Errorf("the dead one is asked %d times at once", n)
	}
}

func TestAFailingApplicationIsAskedByOneRequestNowAndThen(t *testing.T) {
	app := newReceiver(t, status(http.StatusServiceUnavailable))
	w := newWorld(t, map[string]string{"app": app.URL})
	for i := range 100 {
		w.end(w.begin(byte(i), "app"))
	}
	for range 60 { // five minutes
		w.round(5 * time.Second)
	}
	// Six in the first moments, then one each time that the rest is over: 5, 10, 20, 40, 60, 60 seconds …
	if n := len(app.got()); n < 8 || n > 20 {
		t.Errorf("%d attempts in five minutes", n)
	}
	app.became(nil)
	w.round(time.Minute)
	w.round(time.Minute)
	w.round(2 * time.Minute)
	if waiting, _ := w.letters(); len(waiting) != 0 {
		t.Errorf("%d still wait though it is back", len(waiting))
	}
}

func TestWhatADeadApplicationIsOwedBecomesDeadLettersAfterADay(t *testing.T) {
	app := newReceiver(t, status(http.StatusServiceUnavailable))
	w := newWorld(t, map[string]string{"app": app.URL})
	for i := range 250 { // more than one transaction buries
		w.end(w.begin(byte(i), "app"))
	}
	for range 26 * 4 {
		w.round(15 * time.Minute)
	}
	waiting, dead := w.letters()
	if len(waiting) != 0 || len(dead) != 250 {
		t.Fatalf("%d wait, %d are dead", len(waiting), len(dead))
	}
	for _, l := range dead {
		if l.Problem != "it answered 503" {
			t.Fatalf("%+v", l)
		}
	}
}

func TestAnApplicationIsToldOfMuchAtOnceButByFewRequestsAtATime(t *testing.T) {
	var now, most atomic.Int32
	app := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		for n := now.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(2 * time.Millisecond)
		now.Add(-1)
	})
	w := newWorld(t, map[string]string{"app": app.URL})
	for i := range 200 {
		w.end(w.begin(byte(i), "app"))
	}
	w.round(0)
	if n := len(app.got()); n != 200 || most.Load() > 4 || most.Load() < 2 {
		t.Errorf("%d arrived, %d at once", n, most.Load())
	}
	seen := map[string]bool{}
	for _, token := range app.got() {
		id := fmt.Sprint(w.verify("app", token).ID)
		if seen[id] {
			t.Errorf("%s arrived twice", id)
		}
		seen[id] = true
	}
}

func TestManyRoundsAtOnceMakeOneAttempt(t *testing.T) {
	app := newReceiver(t, func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) })
	w := newWorld(t, map[string]string{"app": app.URL})
	s, e := w.end(w.begin(1, "app"))
	done := make(chan struct{})
	for range 8 {
		go func() {
			_ = w.notices.Round(t.Context())
			w.notices.Tell(t.Context(), s, e)
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	w.notices.Wait()
	if n := len(app.got()); n != 1 {
		t.Errorf("%d attempts", n)
	}
}
