package notice_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/fixture"
	"vigil/internal/grant"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

func parse(t *testing.T, body string) url.Values {
	form, err := url.ParseQuery(body)
	if err != nil {
		t.Error(err)
	}
	return form
}

// OIDC Back-Channel Logout 2.4, 2.5.
func TestALogoutTokenSaysWhichSessionEndedAndNothingElse(t *testing.T) {
	for _, alg := range []string{"", "ES256", "RS256"} {
		app := newReceiver(t, nil)
		w := newWorld(t, map[string]string{"app": app.URL + "/logout?tenant=a", "silent": ""}, func(e *tenant.Environment) {
			for _, a := range e.Applications {
				a.IDTokenSigningAlg = alg
			}
		})
		id := w.begin(1, "app", "silent", "gone")
		w.end(id)
		w.round(0)
		got := app.got()
		if len(got) != 1 {
			t.Fatalf("%d tokens arrived", len(got))
		}
		c := w.verify("app", got[0])
		if c.Subject != "ada" || c.SID != grant.PublicSessionID(id[:]) || c.ID == "" || c.Nonce != nil ||
			string(c.Events) != `{"http://schemas.openid.net/event/backchannel-logout":{}}` ||
			c.IssuedAt != w.clock.Unix() || c.Expires != w.clock.Unix()+120 {
			t.Errorf("%+v", c)
		}
		header, _, _ := strings.Cut(got[0], ".")
		if raw, err := base64.RawURLEncoding.DecodeString(header); err != nil || !strings.Contains(string(raw), `"typ":"logout+jwt"`) {
			t.Errorf("header %s", raw)
		}
		if waiting, dead := w.letters(); len(waiting)+len(dead) != 0 {
			t.Errorf("left over: %v %v", waiting, dead)
		}
	}
}

func TestAnAttemptThatFailedIsMadeAgainLaterWithANewTokenOfTheSameName(t *testing.T) {
	app := newReceiver(t, status(http.StatusInternalServerError))
	w := newWorld(t, map[string]string{"app": app.URL})
	w.end(w.begin(1, "app"))
	w.round(0)
	w.round(time.Second)
	if n := len(app.got()); n != 1 {
		t.Fatalf("%d attempts within a second", n)
	}
	waiting, _ := w.letters()
	if len(waiting) != 1 || waiting[0].Attempts != 1 || waiting[0].Problem != "it answered 500" || waiting[0].At.Sub(w.clock) > 7*time.Second {
		t.Fatalf("%+v", waiting)
	}
	w.round(7 * time.Second)
	app.became(nil)
	w.round(15 * time.Second)
	got := app.got()
	if len(got) != 3 {
		t.Fatalf("%d attempts", len(got))
	}
	clock := w.clock
	w.clock = clock.Add(-22 * time.Second)
	first := w.verify("app", got[0])
	w.clock = clock
	last := w.verify("app", got[2])
	if first.ID != last.ID || last.IssuedAt-first.IssuedAt < 20 {
		t.Errorf("%+v then %+v", first, last)
	}
	if waiting, dead := w.letters(); len(waiting)+len(dead) != 0 {
		t.Error("it arrived and is still there")
	}
}

func TestAttemptsThinOutAndEndAfterADay(t *testing.T) {
	app := newReceiver(t, status(http.StatusBadGateway))
	w := newWorld(t, map[string]string{"app": app.URL})
	w.end(w.begin(1, "app"))
	begun, last, longest := w.clock, w.clock, time.Duration(0)
	for w.clock.Sub(begun) < 30*time.Hour {
		before := len(app.got())
		w.round(0)
		if len(app.got()) > before {
			longest = max(longest, w.clock.Sub(last))
			last = w.clock
		}
		waiting, _ := w.letters()
		if len(waiting) == 0 {
			break
		}
		w.clock = w.clock.Add(max(time.Second, waiting[0].At.Sub(w.clock)))
	}
	n := len(app.got())
	if n < 25 || n > 50 || longest > 76*time.Minute || last.Sub(begun) < 22*time.Hour || last.Sub(begun) > 24*time.Hour {
		t.Errorf("%d attempts, the last after %v, at most %v apart", n, last.Sub(begun), longest)
	}
	waiting, dead := w.letters()
	if len(waiting) != 0 || len(dead) != 1 || dead[0].Attempts != n || dead[0].Problem != "it answered 502" {
		t.Errorf("%+v %+v", waiting, dead)
	}
}

// OIDC Back-Channel Logout 2.8.
func TestARefusalIsFinalAndKeptWithWhatTheApplicationSaid(t *testing.T) {
	app := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"who is\u001b[31m ada?"}`))
	})
	w := newWorld(t, map[string]string{"app": app.URL})
	w.end(w.begin(1, "app"))
	w.round(0)
	w.round(time.Hour)
	_, dead := w.letters()
	if len(app.got()) != 1 || len(dead) != 1 || dead[0].Problem != "it answered 400: invalid_request (who is?[31m ada?)" {
		t.Fatalf("%d attempts, %+v", len(app.got()), dead)
	}
	app.became(nil)
	err := w.file.Update(t.Context(), func(tx kv.Tx) error {
		n, err := store.Replay(tx, dead, w.clock)
		if n != 1 {
			t.Errorf("%d replayed", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.round(0)
	waiting, dead := w.letters()
	if len(app.got()) != 2 || len(waiting)+len(dead) != 0 {
		t.Errorf("%d attempts, %v %v", len(app.got()), waiting, dead)
	}
}

func TestAnyAnswerOfSuccessIsOne(t *testing.T) {
	for _, code := range []int{200, 202, 204} {
		app := newReceiver(t, status(code))
		w := newWorld(t, map[string]string{"app": app.URL})
		w.end(w.begin(1, "app"))
		w.round(0)
		if waiting, dead := w.letters(); len(waiting)+len(dead) != 0 {
			t.Errorf("%d: %v %v", code, waiting, dead)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newReceiver(t, nil)
	for _, code := range []int{301, 302, 303, 307, 308} {
		app := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(code)
		})
		w := newWorld(t, map[string]string{"app": app.URL})
		w.end(w.begin(1, "app"))
		w.round(0)
		if waiting, _ := w.letters(); len(waiting) != 1 || len(elsewhere.got()) != 0 {
			t.Errorf("%d: %v, %d followed", code, waiting, len(elsewhere.got()))
		}
	}
}

func TestAnAnswerThatNeverEndsIsNotReadToItsEnd(t *testing.T) {
	app := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for q.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	w := newWorld(t, map[string]string{"app": app.URL})
	w.end(w.begin(1, "app"))
	w.round(0)
	if waiting, _ := w.letters(); len(waiting) != 1 {
		t.Errorf("%v", waiting)
	}
}

func TestAnApplicationMayAskForMoreTime(t *testing.T) {
	app := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	w := newWorld(t, map[string]string{"app": app.URL})
	w.end(w.begin(1, "app"))
	w.round(0)
	if waiting, _ := w.letters(); len(waiting) != 1 || waiting[0].At.Sub(w.clock) != 10*time.Minute {
		t.Errorf("%+v", waiting)
	}
}

func TestANoticeGoesToTheAddressThatIsRegisteredToday(t *testing.T) {
	before, after := newReceiver(t, status(500)), newReceiver(t, nil)
	w := newWorld(t, map[string]string{"app": before.URL})
	w.end(w.begin(1, "app"))
	w.round(0)
	w.tenants.Environment("env").Application("app").BackchannelLogoutURI = after.URL
	w.round(10 * time.Second)
	if len(before.got()) != 1 || len(after.got()) != 1 {
		t.Fatalf("%d before, %d after", len(before.got()), len(after.got()))
	}
	w.end(w.begin(2, "app"))
	w.tenants.Environment("env").Application("app").BackchannelLogoutURI = ""
	w.round(0)
	if _, dead := w.letters(); len(dead) != 1 || !strings.Contains(dead[0].Problem, "no back-channel logout address") {
		t.Errorf("%+v", dead)
	}
}

func TestTellingWaitsForTheFirstAttemptsAndNoLonger(t *testing.T) {
	quick, release := newReceiver(t, nil), make(chan struct{})
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	w := newWorld(t, map[string]string{"quick": quick.URL, "slow": slow.URL})
	s, e := w.end(w.begin(1, "quick"))
	if !w.notices.Tell(t.Context(), s, e) || len(quick.got()) != 1 {
		t.Fatalf("%d arrived", len(quick.got()))
	}
	s, e = w.end(w.begin(2, "slow", "quick"))
	ctx, giveUp := context.WithCancel(t.Context())
	told := make(chan bool)
	go func() { told <- w.notices.Tell(ctx, s, e) }()
	fixture.Until(t, "both are asked", func() bool { return len(quick.got()) == 2 && len(slow.got()) == 1 })
	giveUp()
	if <-told {
		t.Error("told although one did not answer")
	}
	if err := w.notices.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(slow.got()) != 1 {
		t.Errorf("the slow one was asked %d times at once", len(slow.got()))
	}
}
