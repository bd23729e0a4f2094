package iframe_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil/iframe"
	"vigil/internal/chromium"
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
func (w *world) nth(n int, within time.Duration) *stream {
	w.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		var s *stream
		w.change(func() {
			if len(w.streams) >= n {
				s = w.streams[n-1]
			}
		})
		if s != nil {
			return s
		}
		if time.Now().After(end) {
			w.t.Fatalf("after %v there is no stream number %d", within, n)
		}
	}
}

// streamed counts the streams that were ever opened, and those that are open.
func (w *world) streamed() (ever, now int) {
	w.change(func() {
		ever = len(w.streams)
		for _, s := range w.streams {
			if s.open() {
				now++
			}
		}
	})
	return ever, now
}

const soon = 4 * time.Second

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
	s := w.nth(1, soon)
	time.Sleep(1200 * time.Millisecond)
	if ever, _ := w.streamed(); ever != 1 {
		t.Errorf("%d streams for four tabs", ever)
	}
	begun := time.Now()
	s.tell("ended", session(1), 0)
	for i, tab := range tabs {
		tab.Wait("heard.at(-1) === 'changed'", soon)
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
	w.nth(1, soon)
	provider.signOn(session(2), 60)
	app.Wait("heard.at(-1) === 'changed'", soon) // the question about the first session
	w.expect(app, session(2), "unchanged")
	next := w.nth(2, soon)
	next.tell("ended", session(1), 0) // the browser reads it after the next user signed on; only the mark decides
	time.Sleep(300 * time.Millisecond)
	w.expect(app, session(2), "unchanged")
	next.tell("ended", session(2), 0)
	app.Wait("heard.at(-1) === 'changed'", soon)
}

func TestAnExtensionReachesTheCountdownAndNothingElse(t *testing.T) {
	w := newWorld(t, iframe.HostPrefix)
	app, _ := w.watched(session(1), 5)
	s := w.nth(1, soon)
	s.tell("extended", session(1), 600)
	s.tell("extended", session(2), 600)
	time.Sleep(5500 * time.Millisecond)
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
	s := w.nth(1, soon)
	provider.signOff(session(1))
	app.Wait("heard.at(-1) === 'changed'", soon)
	s.tell("extended", session(1), 600)
	time.Sleep(200 * time.Millisecond)
	provider.write("OPUAS=" + session(1).String())
	w.expect(app, session(1), "changed")
}

func TestTheStreamIsOpenedAnewWhenAnotherSessionBegins(t *testing.T) {
	w := newWorld(t, "")
	_, provider := w.watched(session(1), 60)
	first := w.nth(1, soon)
	provider.signOn(session(2), 60)
	second := w.nth(2, soon)
	if !strings.Contains(first.cookies, session(1).String()) || !strings.Contains(second.cookies, session(2).String()) {
		t.Errorf("streams with %q and %q", first.cookies, second.cookies)
	}
	waitGone(t, first)
}

func waitGone(t *testing.T, s *stream) {
	t.Helper()
	select {
	case <-s.gone:
	case <-time.After(soon):
		t.Error("the browser holds on to the stream")
	}
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
	w.nth(1, soon)
	app.Close()
	time.Sleep(1500 * time.Millisecond)
	if ever, now := w.streamed(); ever != 1 || now != 0 {
		t.Errorf("%d streams, %d of them open", ever, now)
	}
	silent.Close()

	another := w.open(w.app(1))
	w.expect(another, session(1), "unchanged")
	s := w.nth(2, soon)
	provider.signOff(session(1))
	waitGone(t, s)
}

func TestOneRefusalDoesNotEndTheStreamForGood(t *testing.T) {
	w := newWorld(t, "")
	w.change(func() { w.refuse = 2 })
	app, _ := w.watched(session(1), 60)
	var gaps []time.Duration
	for n := 2; n <= 3; n++ {
		gaps = append(gaps, w.nth(n, 8*time.Second).at.Sub(w.nth(n-1, soon).at))
	}
	w.nth(3, soon).tell("extended", session(1), 60)
	close(w.nth(3, soon).drop) // a restart of the server
	gaps = append(gaps, w.nth(4, 8*time.Second).at.Sub(w.nth(3, soon).at))
	for i, limit := range []time.Duration{2 * time.Second, 3 * time.Second, 2 * time.Second} {
		if gaps[i] < 990*time.Millisecond || gaps[i] > limit+2*time.Second {
			t.Errorf("opened anew after %v", gaps)
			break
		}
	}
	t.Logf("opened anew after %v", gaps)
	w.nth(4, soon).tell("ended", session(1), 0)
	app.Wait("heard.at(-1) === 'changed'", soon)
}

func TestAnotherTabTakesTheLeadWhenTheLeaderGoesOrSleeps(t *testing.T) {
	for _, way := range []string{"closes", "sleeps", "navigates"} {
		w := newWorld(t, "")
		leader, _ := w.watched(session(1), 60)
		first := w.nth(1, soon)
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
		w.nth(2, soon)
		t.Logf("the leader %s: a new stream after %v", way, time.Since(begun).Round(time.Millisecond))
		waitGone(t, first)
		w.nth(2, soon).tell("ended", session(1), 0)
		next.Wait("heard.at(-1) === 'changed'", soon)
		if way == "sleeps" {
			leader.Thaw()
			leader.Wait("heard.at(-1) === 'changed'", soon)
		}
	}
}

func TestQuietEndsTheStreamUntilTheCookiesAreOthers(t *testing.T) {
	w := newWorld(t, "")
	_, provider := w.watched(session(1), 60)
	s := w.nth(1, soon)
	s.tell("quiet", session(1), 0)
	waitGone(t, s)
	time.Sleep(2500 * time.Millisecond)
	if ever, _ := w.streamed(); ever != 1 {
		t.Errorf("%d streams although there is nothing to hear", ever)
	}
	provider.signOn(session(2), 60)
	w.nth(2, soon)
}

func TestHostileNewsWriteNoOtherCookie(t *testing.T) {
	w := newWorld(t, "")
	app, _ := w.watched(session(1), 60)
	s := w.nth(1, soon)
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
