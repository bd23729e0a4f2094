package flowhost_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/engine/trace"
	"vigil/internal/fixture"
	"vigil/internal/flowhost"
	"vigil/internal/server"
	"vigil/internal/store"
)

func TestRecordingsTakeBoundedRoomAndGoAfterAWeek(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 1)
	b := s.browser().visit(http.MethodGet, authorize, nil)
	long := strings.Repeat("a", 20<<10)
	page := b.body
	b.press(long, "_node", long, "username", long)
	b.body = strings.Replace(page, `name="_version" value="0"`, `name="_version" value="1"`, 1)
	for range 9 { // the tenth try ends it
		b.press("signOn", "username", long, "password", long)
	}
	r := s.recordings()[0]
	if r.Bytes > 100<<10 || r.Full {
		t.Errorf("%d bytes of a form that was filled to the brim", r.Bytes)
	}
	for n := range store.MaxRecordings {
		if n%flowhost.MaxRecordedRuns == 0 {
			s.order("sign-on", flowhost.MaxRecordedRuns)
		}
		s.pass(time.Second)
		s.browser().visit(http.MethodGet, authorize, nil)
	}
	list := s.recordings()
	if len(list) != store.MaxRecordings {
		t.Errorf("%d recordings", len(list))
	}
	if list[0].ID == r.ID || len(s.events(r)) != 0 {
		t.Error("the oldest is still there")
	}
	s.pass(store.RecordingKept + time.Minute)
	if err := s.server.Worker.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.recordings()); n != 0 || len(s.events(list[1])) != 0 {
		t.Errorf("%d recordings after a week", n)
	}
}

func TestOrdersEndByTimeByNumberAndByCommand(t *testing.T) {
	s := openStudio(t)
	begin := func() int {
		s.browser().visit(http.MethodGet, authorize, nil)
		return len(s.recordings())
	}
	s.order("sign-on", 5)
	if n := begin(); n != 1 {
		t.Errorf("%d", n)
	}
	if n := s.server.StopRecording("home", ""); n != 1 || begin() != 1 {
		t.Errorf("%d orders stopped", n)
	}
	s.order("sign-on", 5)
	s.pass(10 * time.Minute)
	if n := begin(); n != 1 {
		t.Errorf("%d recordings after the time of the order", n)
	}
	s.order("sign-on", 5)
	s.again()
	if n := begin(); n != 1 {
		t.Errorf("%d recordings after a restart", n)
	}
	for flow, want := range map[string]error{"sing-on": server.ErrNoFlow, "confirm-link": server.ErrPart} {
		if err := s.server.RecordFlow(server.FlowOrder{EnvironmentID: "home", Flow: flow}); err != want { //nolint:errorlint // these are given as they are
			t.Errorf("%s: %v", flow, err)
		}
	}
}

// talk asks for ten texts over and over.
func talk() string {
	var fields strings.Builder
	for i := range 10 {
		fmt.Fprintf(&fields, "        - {name: word%d, type: text, label: Word}\n", i)
	}
	return `flow: sign-on
title: Asks and asks
start: ask
nodes:
  ask:
    form:
      title: Say more
      fields:
` + fields.String() + `      buttons: [{name: more, label: More}, {name: enough, label: Enough, kind: link}]
    then: {more: ask, enough: over}
  over: {end: error, with: {code: access_denied}}
`
}

func TestARunThatIsTooLongIsCutAndMarkedAndGoesOn(t *testing.T) {
	s := openStudioWith(t, map[string]string{"sign-on": talk()}, nil)
	s.order("sign-on", 1)
	b := s.browser().visit(http.MethodGet, authorize, nil)
	var words []string
	for i := range 10 {
		words = append(words, fmt.Sprintf("word%d", i), strings.Repeat("a", 1000))
	}
	for range 30 {
		b.press("more", words...).shows("Say more")
	}
	b.press("enough").returned("error=access_denied")
	r := s.recordings()[0]
	if !r.Full || r.Bytes > store.MaxRecorded || r.Bytes < store.MaxRecorded/2 || r.Ending != "access_denied" {
		t.Errorf("%+v", r)
	}
	if events := s.events(r); len(events) < 20 || events[len(events)-1].Number != len(events) {
		t.Errorf("%d events, the last is %s", len(events), events[len(events)-1])
	}
}

// insteadOf lets something else answer for a capability.
func insteadOf(name string, answer func(work func() (connector.Result, error)) (connector.Result, error)) func([]connector.Capability) []connector.Capability {
	return func(all []connector.Capability) []connector.Capability {
		at := slices.IndexFunc(all, func(c connector.Capability) bool { return c.Name == name })
		work := all[at].Run
		all[at].Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
			return answer(func() (connector.Result, error) { return work(ctx, call) })
		}
		return all
	}
}

func TestWhatBreaksInACapabilityIsWrittenDownAndReplayed(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		answer func(func() (connector.Result, error)) (connector.Result, error)
	}{
		"error": {"", func(func() (connector.Result, error)) (connector.Result, error) {
			return connector.Result{}, errors.New("down: correct horse")
		}},
		"time": {"timeout", func(func() (connector.Result, error)) (connector.Result, error) {
			return connector.Result{}, context.DeadlineExceeded
		}},
		"panic": {"", func(func() (connector.Result, error)) (connector.Result, error) { panic("correct horse") }},
	} {
		s := openStudioWith(t, map[string]string{"sign-on": fixture.SignOn("idleTimeout: 30m")}, insteadOf("user.checkPassword", c.answer))
		s.order("sign-on", 1)
		s.browser().visit(http.MethodGet, authorize, nil).press("signOn", "username", "ada", "password", "correct horse").returned("error=server_error")
		r := s.recordings()[0]
		events := s.events(r)
		at := slices.IndexFunc(events, func(e trace.Event) bool { return e.Failed })
		if at < 0 || events[at].Node != "verify" || events[at].Code != c.code || r.Ending != "server_error" || strings.Contains(words(events), "horse") {
			t.Errorf("%s: %+v\n%s", name, r, words(events))
		}
		if d, err := trace.Replay(s.kept(r), events, run.Environment{}); d != nil || err != nil {
			t.Errorf("%s: %v %v", name, d, err)
		}
	}
}

func TestWhatACapabilityGivesBeyondMeasureIsCut(t *testing.T) {
	s := openStudioWith(t, map[string]string{"sign-on": fixture.SignOn("idleTimeout: 30m")}, insteadOf("user.checkPassword", func(work func() (connector.Result, error)) (connector.Result, error) {
		result, err := work()
		if user, ok := result.Output["user"].(connector.UserValue); ok {
			user.Attributes = map[string]string{"life": strings.Repeat("a", 20<<10)}
			result.Output = map[string]any{"user": user}
		}
		return result, err
	}))
	s.order("sign-on", 1)
	s.browser().visit(http.MethodGet, authorize, nil).press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	r := s.recordings()[0]
	at := slices.IndexFunc(s.events(r), func(e trace.Event) bool { return e.Cut })
	if at < 0 || s.events(r)[at].String() != "verify asks: success" || r.Username != "ada" || r.Bytes > 16<<10 {
		t.Errorf("%+v\n%s", r, words(s.events(r)))
	}
}

func TestASessionThatComesBesideTheRunIsInItsRecording(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 1)
	b := s.browser().visit(http.MethodGet, authorize, nil)
	page := b.body
	b.signOn("correct horse") // in another tab
	b.body = page
	b.press("signOn", "username", "ada", "password", "wrong guess").shows("is not right")
	b.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	r := s.recordings()[0]
	events := s.events(r)
	if got := words(events); strings.Count(got, "finds the browser with another session, of ada\nanswers credentials by signOn") != 1 || r.Ending != "success" {
		t.Error(got)
	}
	flow := s.kept(r)
	if d, err := trace.Replay(flow, events, run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
	if text, err := trace.Case(flow, "another tab", events); err != nil || !strings.Contains(text, "- {session: ") {
		t.Errorf("%v\n%s", err, text)
	}
}
