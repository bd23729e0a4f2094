package endtoend

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/chromium"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

func TestASessionThatAnOperatorEndsIsToldInEveryTabOfBothApplicationsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tabs := []*chromium.Tab{w.signOnAt(1, "ada"), w.openSDK(1), w.openSDK(2), w.openSDK(2)}
	for _, tab := range tabs[1:] {
		w.quiet(tab, "ada")
	}
	var heard, told []time.Duration
	for range 3 {
		w.follow()
		begun := float64(time.Now().UnixMilli())
		if n := w.endByOperator("ada"); n != 1 {
			t.Fatalf("%d sessions ended", n)
		}
		for _, tab := range tabs {
			tab.Wait("last('changed')?.reason === 'signedOff'")
			heard = append(heard, w.after(tab, begun, "events.find(({ name, answer }) => name === 'answer' && answer === 'changed')"))
			told = append(told, w.after(tab, begun, "last('changed')"))
		}
		tabs[0].Do("void vigil.signIn()")
		w.fill(tabs[0], "ada")
		tabs[0].WaitURL(w.app(1) + "/sdk")
		w.quiet(tabs[0], "ada")
		for _, tab := range tabs[1:] {
			tab.Reload()
			w.quiet(tab, "ada")
		}
	}
	t.Logf("after the operator's command the frames say changed after %v; onChanged is told after %v", heard, told)
}

func TestWithoutTheSignalADeletionIsSeenAtTheNextVisitOnly(t *testing.T) {
	w := newWorld(t, setup{environment: []string{"sessionDeleteSignal: none"}})
	one := w.signOnAt(1, "ada")
	w.follow()
	w.endByOperator("ada")
	time.Sleep(2 * time.Second)
	if got := chromium.Eval[string](one, "poll()"); got != "unchanged" || chromium.Eval[bool](one, "!!last('changed')") {
		t.Errorf("after the deletion the frame says %s", got)
	}
	one.Do("vigil.silentSignIn()")
	one.Wait("last('answer')?.answer === 'changed'")
}

func TestActivityThatNoBrowserSeesKeepsTheCountdownRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	w.follow()
	w.idles("ada", 8*time.Second)
	begun := time.Now()
	for time.Since(begun) < 9*time.Second {
		w.touch("ada") // as a refresh of an application with countsAsActivity
		time.Sleep(500 * time.Millisecond)
	}
	if got := chromium.Eval[string](one, "poll()"); got != "unchanged" || chromium.Eval[bool](one, "!!last('changed')") {
		t.Errorf("the frame says %s", got)
	}
	one.Wait("last('changed')?.reason === 'signedOff'")
}

func TestAnApplicationOfAnotherSiteHearsOfTheEndingByATicket(t *testing.T) {
	w := newWorld(t, setup{})
	one := w.openSDK(3)
	one.Do("void vigil.signIn({ prompt: 'login' })")
	w.fill(one, "ada")
	one.WaitURL(w.app(3) + "/sdk")
	one.Wait("window.last?.('error')?.code === 'error'") // the frame sees no cookies
	if got := chromium.Eval[string](one, "user()"); got != "ada" {
		t.Fatalf("%s is signed on", got)
	}
	one.Wait("navigator.locks.query().then(({ held }) => held.some(({ name }) => name.startsWith('vigil:ended:')))")
	w.follow()
	w.asked()
	tickets := len(w.log.statusOf(0, "/as/session/ticket"))
	begun := float64(time.Now().UnixMilli())
	w.endByOperator("ada")
	one.Wait("last('changed')?.reason === 'signedOff'")
	t.Logf("another site's application was told after %v", w.after(one, begun, "last('changed')"))
	if tickets != 1 {
		t.Errorf("%d tickets for one tab", tickets)
	}
	if console := strings.Join(one.Console(), "\n"); strings.Contains(console, "exception") {
		t.Error(console)
	}
}

func TestTheTabsOfAnotherSitesApplicationShareOneStream(t *testing.T) {
	w := newWorld(t, setup{})
	one := w.openSDK(3)
	one.Do("void vigil.signIn({ prompt: 'login' })")
	w.fill(one, "ada")
	one.WaitURL(w.app(3) + "/sdk")
	one.Wait("window.last?.('error')?.code === 'error'")
	// Silently nobody gets in there: the second tab signs on by a visit.
	two := w.openSDK(3)
	two.Do("void vigil.signIn()")
	two.Wait("window.user?.() === 'ada'")
	two.Wait("window.last?.('error')?.code === 'error'")
	for _, state := range []string{"held", "pending"} {
		two.Wait(fmt.Sprintf("navigator.locks.query().then((all) => all.%s.filter(({ name }) => name.startsWith('vigil:ended:')).length === 1)", state))
	}
	// Both wait now, one for the stream and one for the lock.
	tickets := func() []int { return w.log.statusOf(0, "/as/session/ticket") }
	w.follow()
	w.endByOperator("ada")
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Wait("last('changed')?.reason === 'signedOff'")
	}
	time.Sleep(time.Second)
	if got := tickets(); !slices.Equal(got, []int{200}) {
		t.Errorf("two tabs asked for tickets and were answered %v", got)
	}
}

// live gives the ids of a user's sessions.
func (w *world) live(user string) (ids []session.ID) {
	w.t.Helper()
	u, err := w.server.Directory.Find(w.t.Context(), "test", user)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.server.Sessions.KV.View(w.t.Context(), func(r kv.Reader) (err error) {
		ids, err = store.SessionsOfUser(r, "test", u.ID, 10)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// endByOperator ends every session of a user as `vigil session end` does, and tells how many there were.
func (w *world) endByOperator(user string) int {
	w.t.Helper()
	operator := admin.Local{Environments: []string{"test"}, Directory: w.server.Directory, Live: w.server.Sessions, Now: time.Now}
	ended, err := operator.EndSessions(w.t.Context(), admin.Person{Environment: "test", Username: user})
	if err != nil {
		w.t.Fatal(err)
	}
	return ended.Sessions
}

// idles gives a user's sessions another idle timeout, which the browser hears of with the next activity: all before it may take as long as it
// takes.
func (w *world) idles(user string, after time.Duration) {
	w.t.Helper()
	for _, id := range w.live(user) {
		now := time.Now()
		_, err := w.server.Sessions.Change(w.t.Context(), id, now, func(s *session.Session) { s.IdleTimeout, s.LastActivity = after, now })
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// touch notes activity in every session of a user.
func (w *world) touch(user string) {
	w.t.Helper()
	for _, id := range w.live(user) {
		w.server.Sessions.Touch(id, time.Now())
	}
}
