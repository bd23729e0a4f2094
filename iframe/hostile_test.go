package iframe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/iframe"
	"vigil/internal/chromium"
)

// stranger opens an application in a window of its own from a page at evil.localhost, which then reaches the provider's frame
// in it: no policy of framing forbids that.
func (w *world) stranger() (stranger, app *chromium.Tab) {
	w.t.Helper()
	stranger = w.browser.Open(w.origin("evil.localhost") + "/")
	app = w.browser.Popup(stranger, func() { stranger.Do(fmt.Sprintf("void (window.victim = open(%q))", w.app(1)+"/")) })
	app.WaitURL(w.app(1))
	w.embed(app)
	stranger.Do(fmt.Sprintf("reach(victim.frames[0], %q)", w.pageURL()))
	return stranger, app
}

// holds: answers-to-registered-origins-alone
func TestAStrangersPageLearnsNothing(t *testing.T) {
	w := newWorld(t, "")
	provider := w.another()
	stranger, app := w.stranger()
	evil := w.origin("evil.localhost")
	questions := map[string]string{
		"a session_state it got hold of":       w.question(w.app(1), session(1)),
		"one it minted over nobody":            w.question(evil, iframe.OPUAS{}),
		"one it minted over a session it knew": w.question(evil, session(1)),
	}
	learn := func(visitor string) {
		for held, question := range questions {
			if got := ask(stranger, question); got != "error" {
				t.Errorf("from a visitor who %s, a stranger with %s learns %q", visitor, held, got)
			}
		}
	}
	learn("never met the provider")
	provider.signOn(session(1), 60)
	learn("is signed on")
	if got := ask(app, w.question(w.app(1), session(1))); got != "unchanged" {
		t.Errorf("the application hears %q", got)
	}
	provider.signOff(session(1))
	learn("signed off")
	if got := ask(app, w.question(w.app(1), session(1))); got != "changed" {
		t.Errorf("the application hears %q", got)
	}
}

func TestAFloodFromAStrangerNeitherStarvesTheApplicationNorFillsTheMemory(t *testing.T) {
	w := newWorld(t, "")
	w.byAsking = [][2]string{{"late", w.app(1)}}
	provider := w.another()
	provider.signOn(session(1), 60)
	stranger, app := w.stranger()
	question := w.question(w.app(1), session(1))
	late := "late " + iframe.Compute("late", w.app(1), w.issuer(), session(1).String(), [12]byte{})

	_, state, _ := strings.Cut(question, " ")
	before, begun := app.Memory(), time.Now()
	const flood = 10_000
	stranger.Do(fmt.Sprintf("for (let i = 0; i < %d; i++) say(`c${i} %s`)", flood, state))
	for range 10 {
		if got := ask(app, question); got != "unchanged" {
			t.Fatalf("during the flood the application hears %q", got)
		}
	}
	if got := ask(app, late); got != "unchanged" {
		t.Errorf("an application the page must ask about hears %q", got)
	}
	stranger.Wait(fmt.Sprintf("heard.length === %d", flood))
	if others := chromium.Eval[int](stranger, "heard.filter((answer) => answer !== 'error').length"); others != 0 {
		t.Errorf("%d answers to the flood are not errors", others)
	}
	if most := 1 + 4 + 1 + int(time.Since(begun)/(10*time.Second)); w.misses() > most {
		t.Errorf("the flood made the page ask %d times", w.misses())
	}
	if grown := app.Memory() - before; grown > 1<<20 {
		t.Errorf("the flood left %d bytes behind", grown)
	}
}

func TestAFloodFromTheApplicationItselfIsAnsweredAndBraked(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	app := w.open(w.app(1))
	question := w.question(w.app(1), session(1))
	_, state, _ := strings.Cut(question, " ")
	begun := time.Now()
	app.Do(fmt.Sprintf("for (let i = 0; i < 3000; i++) say(`c${i} %s`)", state))
	app.Wait("heard.length === 3000")
	if most := 16 + 1 + int(time.Since(begun)/(5*time.Second)); w.misses() > most {
		t.Errorf("the page asked %d times about clients nobody registered", w.misses())
	}
	if got := ask(app, question); got != "unchanged" {
		t.Errorf("after the flood the application hears %q", got)
	}
	app.Do(fmt.Sprintf("heard.length = 0; for (let i = 0; i < 200; i++) say(%q)", question))
	app.Wait("heard.length === 200")
	if others := chromium.Eval[int](app, "heard.filter((answer) => answer !== 'unchanged').length"); others != 0 {
		t.Errorf("%d of 200 answers to the same good question are another", others)
	}
}

func TestQuestionsThatWaitForTheProviderDoNotPileUp(t *testing.T) {
	w := newWorld(t, "")
	w.byAsking = [][2]string{{"late", w.app(1)}}
	w.another().signOn(session(1), 60)
	release := w.hold()
	app := w.open(w.app(1))
	late := "late " + iframe.Compute("late", w.app(1), w.issuer(), session(1).String(), [12]byte{})
	app.Do(fmt.Sprintf("for (let i = 0; i < 1000; i++) say(%q)", late))
	app.Wait("heard.length === 744 && heard.every((answer) => answer === 'error')")
	release()
	app.Wait("heard.filter((answer) => answer === 'unchanged').length === 256 && heard.length === 1000")
}

func TestAGiantMessageIsAnErrorAndHoldsNothingUp(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	app := w.open(w.app(1))
	question := w.question(w.app(1), session(1))
	_, state, _ := strings.Cut(question, " ")
	for name, giant := range map[string]string{
		"of one letter":               "'x'.repeat(5e6)",
		"with a session_state at end": fmt.Sprintf("'x'.repeat(5e6) + ' %s'", state),
		"of spaces":                   fmt.Sprintf("' '.repeat(5e6) + '%s'", state),
		"of session_states":           fmt.Sprintf("' %s'.repeat(7e4)", state),
	} {
		begin := time.Now()
		if got := chromium.Eval[string](app, "ask("+giant+")"); got != "error" {
			t.Errorf("a giant message %s: %q", name, got)
		}
		if took := time.Since(begin); took > 20*time.Second { // what is quadratic takes hours
			t.Errorf("a giant message %s took %v", name, took)
		}
	}
	if got := ask(app, question); got != "unchanged" || w.misses() != 0 {
		t.Errorf("afterwards %q and %d misses", got, w.misses())
	}
}

func TestWhatIsNotATextIsIgnored(t *testing.T) {
	w := newWorld(t, "")
	app := w.open(w.app(1))
	for _, data := range []string{
		"null", "undefined", "0", "{}", "[]", "new String('spa x')", "new Blob(['spa x'])", "new ArrayBuffer(5e6)", "new Error('x')",
		"new Map([[{}, 1]])", "new ImageData(9, 9)", "window.opener", "new MessageChannel().port1.x",
	} {
		if got := chromium.Eval[string](app, "provoke("+data+")"); got != "error" {
			t.Errorf("%s: answers %q, want one, to the text after it", data, got)
		}
	}
}

func TestTheFrameOfAnOpaqueOriginIsIgnored(t *testing.T) {
	w := newWorld(t, "")
	app := w.open(w.app(1))
	app.Do(fmt.Sprintf(`(window.told = [], addEventListener("message", ({ data, origin }) => origin === "null" && told.push(data)),
		document.body.insertAdjacentHTML("beforeend", %q))`, `<iframe sandbox="allow-scripts" srcdoc="<script>
			onmessage = ({ data }) => parent.postMessage(data, '*');
			parent.postMessage('here', '*');
			parent.frames[0].postMessage('`+w.question("null", iframe.OPUAS{})+`', '*');
		</script>"></iframe>`))
	app.Wait("told.length > 0 && pause(200).then(() => true)")
	if got := chromium.Eval[[]string](app, "told"); !slices.Equal(got, []string{"here"}) {
		t.Errorf("it is told %v", got)
	}
	if w.misses() != 0 {
		t.Error("the provider was asked about an opaque origin")
	}
}

func TestThePageDoesNotTalkToItself(t *testing.T) {
	w := newWorld(t, "")
	app := w.browser.Open("")
	app.Before(`if (location.pathname === "/as/checksession") {
		let n = 0;
		addEventListener("message", (event) => { if (event.source === window) n++; else if (event.data?.count) event.source.postMessage("heard " + n, event.origin); });
		addEventListener("load", () => postMessage("hello", location.origin));
	}`)
	app.Go(w.app(1) + "/")
	w.embed(app)
	if got := chromium.Eval[string](app, "pause(200).then(() => ask({ count: true }))"); got != "heard 1" {
		t.Errorf("the page %s messages of its own, want its one hello", got)
	}
}

func TestAnAnswerReachesNobodyElseInTheSameWindow(t *testing.T) {
	w := newWorld(t, "")
	w.byAsking = [][2]string{{"late", w.app(1)}}
	release := w.hold()
	app := w.open(w.app(1))
	asker := w.browser.Popup(app, func() { app.Do("void open('/')") })
	asker.Before("addEventListener('message', (event) => (window.all ??= []).push(event.data))")
	asker.WaitURL(w.app(1))
	asker.Do(fmt.Sprintf("reach(opener.frames[0], %q); say(%q)", w.pageURL(), "late "+iframe.Compute("late", w.app(1), w.issuer(), "a", [12]byte{})))
	asker.Do(fmt.Sprintf("location.href = %q", w.origin("evil.localhost")+"/"))
	asker.WaitURL(w.origin("evil.localhost"))
	release()
	if got := chromium.Eval[int](asker, "pause(300).then(() => window.all?.length ?? 0)"); got != 0 {
		t.Errorf("the next page in the window hears %d answers", got)
	}
	if !slices.Contains(w.requests(), "GET /as/checksession/registered") {
		t.Error("the question was not on its way")
	}
}

func TestAnUnknownClientIsAskedAboutOnce(t *testing.T) {
	w := newWorld(t, "")
	w.byAsking = [][2]string{{"late", w.app(1)}}
	w.another().signOn(session(1), 60)
	app := w.open(w.app(1))
	_, state, _ := strings.Cut(w.question(w.app(1), session(1)), " ")
	late := iframe.Compute("late", w.app(1), w.issuer(), session(1).String(), [12]byte{})
	for range 5 {
		for n := byte(0); n < 2; n++ { // two session_states of one client
			if got := ask(app, "late "+iframe.Compute("late", w.app(1), w.issuer(), session(1).String(), [12]byte{n})); got != "unchanged" {
				t.Errorf("a registered client hears %q", got)
			}
		}
		if got := ask(app, "unknown "+state); got != "error" {
			t.Errorf("an unknown client hears %q", got)
		}
	}
	if w.misses() != 2 {
		t.Errorf("two clients were asked about %d times", w.misses())
	}
	app.Do(fmt.Sprintf("embed(%q).then(() => Promise.all([1, 2, 3].map(() => ask(%q))))", w.pageURL(), "late "+late))
	if w.misses() != 3 {
		t.Errorf("three questions at once ask %d times", w.misses()-2)
	}
}

func TestAMissThatFailsIsAnErrorAndIsNotRemembered(t *testing.T) {
	w := newWorld(t, "")
	w.byAsking = [][2]string{{"late", w.app(1)}}
	w.another().signOn(session(1), 60)
	app := w.open(w.app(1))
	late := "late " + iframe.Compute("late", w.app(1), w.issuer(), session(1).String(), [12]byte{})
	w.change(func() { w.broken = true })
	if got := ask(app, late); got != "error" {
		t.Errorf("while the provider is out of order: %q", got)
	}
	w.change(func() { w.broken = false })
	if got := ask(app, late); got != "unchanged" {
		t.Errorf("when it works again: %q", got)
	}
}
