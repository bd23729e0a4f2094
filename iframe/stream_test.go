package iframe_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/iframe"
	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// stream is one stream of server-sent events to a page.
type stream struct {
	cookies string
	at      time.Time
	send    chan string
	gone    <-chan struct{} // closed when the browser let go of it
	drop    chan struct{}   // closed: the connection breaks
}

// stream holds a stream open until the browser lets go.
func (w *world) stream(rw http.ResponseWriter, r *http.Request) {
	s := &stream{cookies: r.Header.Get("Cookie"), at: time.Now(), send: make(chan string), gone: r.Context().Done(), drop: make(chan struct{})}
	refused := false
	w.change(func() {
		w.streams = append(w.streams, s)
		if refused = w.refuse > 0; refused {
			w.refuse--
		}
	})
	if refused {
		http.Error(rw, "busy", http.StatusServiceUnavailable)
		return
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.WriteHeader(http.StatusOK)
	for {
		if err := http.NewResponseController(rw).Flush(); err != nil {
			return
		}
		select {
		case text := <-s.send:
			fmt.Fprint(rw, text)
		case <-s.drop:
			return
		case <-s.gone:
			return
		}
	}
}

// tell sends an event.
func (s *stream) tell(name string, opuas iframe.OPUAS, left int) {
	text := fmt.Sprintf("event: %s\ndata: {\"p\":%q,\"left\":%d}\n\n", name, iframe.CountdownMark(opuas.Gen), left)
	select {
	case s.send <- text:
	case <-s.gone:
	}
}

func (s *stream) open() bool {
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// nth waits for the nth stream, counted from one.
func (w *world) nth(n int) (s *stream) {
	w.t.Helper()
	fixture.Until(w.t, fmt.Sprintf("a stream number %d is opened", n), func() bool {
		w.change(func() {
			if len(w.streams) >= n {
				s = w.streams[n-1]
			}
		})
		return s != nil
	})
	return s
}

// streamed counts the streams that were ever opened.
func (w *world) streamed() (n int) {
	w.change(func() { n = len(w.streams) })
	return n
}

func TestAnEndingOnTheStreamIsToldInEveryTabAtOnceOverOneConnection(t *testing.T) {
	w := newWorld(t, iframe.HostPrefix)
	app, _ := w.watched(session(1), 60)
	tabs := []*chromium.Tab{app}
	for range 3 {
		tab := w.open(w.app(2))
		question := w.question(w.app(2), session(1))
		if got := ask(tab, question); got != "unchanged" {
			t.Fatalf("answered %q", got)
		}
		tabs = append(tabs, tab)
	}
	s := w.nth(1)
	time.Sleep(1200 * time.Millisecond)
	if n := w.streamed(); n != 1 {
		t.Errorf("%d streams for four tabs", n)
	}
	begun := time.Now()
	s.tell("ended", session(1), 0)
	for i, tab := range tabs {
		tab.Wait("heard.at(-1) === 'changed'")
		t.Logf("tab %d heard changed within %v of the event", i+1, time.Since(begun).Round(time.Millisecond))
	}
	for _, c := range w.browser.Cookies("auth.vigil.localhost") {
		if strings.Contains(c.Name, iframe.CookieCountdown) || strings.HasSuffix(c.Name, "OPUAS") && c.Value != session(1).String() {
			t.Errorf("left behind: %s=%s", c.Name, c.Value)
		}
	}
}

func TestALateEndingOfOneSessionDoesNotSignTheNextUserOut(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	w.nth(1)
	provider.signOn(session(2), 60)
	app.Wait("heard.at(-1) === 'changed'") // the question about the first session
	w.expect(app, session(2), "unchanged")
	next := w.nth(2)
	next.tell("ended", session(1), 0) // the browser reads it after the next user signed on; only the mark decides
	time.Sleep(300 * time.Millisecond)
	w.expect(app, session(2), "unchanged")
	next.tell("ended", session(2), 0)
	app.Wait("heard.at(-1) === 'changed'")
}

func TestAnExtensionReachesTheCountdownAndNothingElse(t *testing.T) {
	w := newWorld(t, iframe.HostPrefix)
	app, _ := w.watched(session(1), 60)
	s := w.nth(1)
	s.tell("extended", session(2), 600)
	s.tell("extended", session(1), 600)
	fixture.Until(t, "the countdown is extended", func() bool {
		for _, c := range w.browser.Cookies("auth.vigil.localhost") {
			if c.Name == iframe.HostPrefix+iframe.CountdownName(session(1).Gen) {
				return time.Until(time.Unix(int64(c.Expires), 0)) > 5*time.Minute
			}
		}
		return false
	})
	w.expect(app, session(1), "unchanged")
	names := map[string]bool{}
	for _, c := range w.browser.Cookies("auth.vigil.localhost") {
		names[c.Name] = true
		if c.Domain != "auth.vigil.localhost" || c.Path != "/" || !c.Secure || c.SameSite != "Lax" || c.HTTPOnly {
			t.Errorf("attributes of %+v", c)
		}
	}
	if len(names) != 2 || names[iframe.HostPrefix+iframe.CountdownName(session(2).Gen)] {
		t.Errorf("cookies %v", names)
	}
}

func TestACountdownThatRanOutIsNotRevivedByLateNews(t *testing.T) {
	w := newWorld(t, "")
	provider := w.another()
	provider.signOn(session(1), 60)
	app := w.inFrame(`EventSource.prototype.close = () => {};`) // what was sent before is still read
	w.expect(app, session(1), "unchanged")
	s := w.nth(1)
	provider.signOff(session(1))
	app.Wait("heard.at(-1) === 'changed'")
	s.tell("extended", session(1), 600)
	time.Sleep(200 * time.Millisecond)
	provider.write("OPUAS=" + session(1).String())
	w.expect(app, session(1), "changed")
}

func TestTheStreamIsOpenedAnewWhenAnotherSessionBegins(t *testing.T) {
	w := newWorld(t, "")
	_, provider := w.watched(session(1), 60)
	first := w.nth(1)
	provider.signOn(session(2), 60)
	second := w.nth(2)
	if !strings.Contains(first.cookies, session(1).String()) || !strings.Contains(second.cookies, session(2).String()) {
		t.Errorf("streams with %q and %q", first.cookies, second.cookies)
	}
	first.waitGone(t)
}

// waitGone waits until the browser lets go of a stream.
func (s *stream) waitGone(t *testing.T) {
	t.Helper()
	fixture.Until(t, "the browser lets go of the stream", func() bool { return !s.open() })
}

func TestThereIsNoStreamWhileNobodyIsSignedOnOrNobodyAsks(t *testing.T) {
	w := newWorld(t, "")
	provider := w.another()
	provider.write("OPUAS=a; Max-Age=34560000")
	app := w.open(w.app(1))
	w.expect(app, iframe.OPUAS{}, "unchanged")
	provider.signOn(session(1), 60)
	silent := w.open(w.app(2)) // asks nothing
	time.Sleep(1500 * time.Millisecond)
	s := w.nth(1)
	app.Close()
	s.waitGone(t)
	time.Sleep(1500 * time.Millisecond)
	if n := w.streamed(); n != 1 {
		t.Errorf("%d streams", n)
	}
	silent.Close()

	another := w.open(w.app(1))
	w.expect(another, session(1), "unchanged")
	s = w.nth(2)
	provider.signOff(session(1))
	s.waitGone(t)
}

func TestOneRefusalDoesNotEndTheStreamForGood(t *testing.T) {
	w := newWorld(t, "")
	w.change(func() { w.refuse = 2 })
	app, _ := w.watched(session(1), 60)
	var gaps []time.Duration
	for n := 2; n <= 3; n++ {
		gaps = append(gaps, w.nth(n).at.Sub(w.nth(n-1).at))
	}
	w.nth(3).tell("extended", session(1), 60)
	close(w.nth(3).drop) // a restart of the server
	gaps = append(gaps, w.nth(4).at.Sub(w.nth(3).at))
	if slices.Min(gaps) < 990*time.Millisecond {
		t.Errorf("opened anew after %v", gaps)
	}
	w.nth(4).tell("ended", session(1), 0)
	app.Wait("heard.at(-1) === 'changed'")
}

func TestAnotherTabTakesTheLeadWhenTheLeaderGoesOrSleeps(t *testing.T) {
	for _, way := range []string{"closes", "sleeps", "navigates"} {
		w := newWorld(t, "")
		leader, _ := w.watched(session(1), 60)
		first := w.nth(1)
		next := w.open(w.app(1))
		w.expect(next, session(1), "unchanged")
		time.Sleep(1200 * time.Millisecond) // it stands for the lead
		begun := time.Now()
		switch way {
		case "closes":
			leader.Close()
		case "sleeps":
			leader.Freeze()
		case "navigates":
			leader.Go("about:blank")
		}
		w.nth(2)
		t.Logf("the leader %s: a new stream after %v", way, time.Since(begun).Round(time.Millisecond))
		first.waitGone(t)
		w.nth(2).tell("ended", session(1), 0)
		next.Wait("heard.at(-1) === 'changed'")
		if way == "sleeps" {
			leader.Thaw()
			leader.Wait("heard.at(-1) === 'changed'")
		}
	}
}

func TestQuietEndsTheStreamUntilTheCookiesAreOthers(t *testing.T) {
	w := newWorld(t, "")
	_, provider := w.watched(session(1), 60)
	s := w.nth(1)
	s.tell("quiet", session(1), 0)
	s.waitGone(t)
	time.Sleep(2500 * time.Millisecond)
	if n := w.streamed(); n != 1 {
		t.Errorf("%d streams although there is nothing to hear", n)
	}
	provider.signOn(session(2), 60)
	w.nth(2)
}

func TestHostileNewsWriteNoOtherCookie(t *testing.T) {
	w := newWorld(t, "")
	app, _ := w.watched(session(1), 60)
	s := w.nth(1)
	before := fmt.Sprint(len(w.browser.Cookies("auth.vigil.localhost")))
	for _, data := range []string{
		`{"p":"x=1; OPUAS","left":5}`, `{"p":"` + iframe.CountdownMark(session(1).Gen) + `","left":"9; Domain=vigil.localhost"}`,
		`{"p":"` + iframe.CountdownMark(session(1).Gen) + `","left":-1}`, `{"p":7}`,
	} {
		s.send <- "event: extended\ndata: " + data + "\n\n"
	}
	time.Sleep(300 * time.Millisecond)
	w.expect(app, session(1), "unchanged")
	if after := fmt.Sprint(len(w.browser.Cookies("auth.vigil.localhost"))); after != before {
		t.Errorf("%s cookies, before %s", after, before)
	}
}
