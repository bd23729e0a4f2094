package flowhost_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil/engine/flowtest"
	"vigil/engine/run"
	"vigil/engine/trace"
	"vigil/internal/store"
)

const wholeRun = `begins sign-on
session asks: none
session -none-> credentials
shows credentials
answers credentials by signOn
credentials -signOn-> verify
verify asks: failure
verify -failure-> credentials
shows credentials "The user name or the password is not right."
answers credentials by signOn
credentials -signOn-> verify
verify asks: success
verify -success-> done
done -success
ends in success`

func TestARunIsWrittenDownWhereAnOperatorOrderedItAlsoOverARestartAndNoOther(t *testing.T) {
	s := openStudio(t)
	s.browser().visit(http.MethodGet, authorize, nil).press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	if list := s.recordings(); len(list) != 0 {
		t.Fatalf("nobody ordered %+v", list[0])
	}
	s.order("sign-on", 1)
	ada, other := s.browser(), s.browser()
	ada.visit(http.MethodGet, authorize, nil)
	other.visit(http.MethodGet, authorize, nil) // the second run of an order for one
	ada.press("signOn", "username", "ada", "password", "wrong guess").shows("is not right")
	s.again()
	s.pass(time.Minute)
	ada.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	other.press("signOn", "username", "eve", "password", "battery staple").returned("code=")

	list := s.recordings()
	if len(list) != 1 {
		t.Fatalf("%d recordings", len(list))
	}
	r := list[0]
	if r.Flow != "sign-on" || r.Ending != "success" || r.Username != "ada" || r.ClientID != "spa" || !r.EndedAt.Equal(s.time()) || r.Full || r.Events != 15 {
		t.Errorf("%+v", r)
	}
	events := s.events(r)
	if got := words(events); got != wholeRun {
		t.Error(got)
	}
	if first, second := events[4], events[9]; first.Values["username"] != "ada" || strings.Join(first.Hidden, " ") != "password" ||
		first.Hashes["password"] == "" || first.Hashes["password"] == second.Hashes["password"] || second.At.Sub(first.At) != time.Minute {
		t.Errorf("%+v\n%+v", first, second)
	}
	flow := s.kept(r)
	if d, err := trace.Replay(flow, events, run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
	if err := s.server.Close(); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"wrong guess", "correct horse", "battery staple"} {
		if bytes.Contains(s.database(), []byte(secret)) {
			t.Errorf("the database tells %q", secret)
		}
	}
}

func TestTheSameSecretIsTheSameHashInOneRecordingAndAnotherInTheNext(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 2)
	for range 2 {
		b := s.browser().visit(http.MethodGet, authorize, nil)
		b.press("signOn", "username", "ada", "password", "wrong guess")
		b.press("signOn", "username", "ada", "password", "wrong guess")
	}
	var hashes []string
	for _, r := range s.recordings() {
		for _, e := range s.events(r) {
			if e.Kind == trace.Answered {
				hashes = append(hashes, e.Hashes["password"])
			}
		}
	}
	if len(hashes) != 4 || hashes[0] != hashes[1] || hashes[2] != hashes[3] || hashes[0] == hashes[2] {
		t.Error(hashes)
	}
}

func TestAnOrderForOnePersonKeepsNothingOfOthers(t *testing.T) {
	s := openStudio(t)
	s.orderOf("ada", 3)
	typed, known, stranger := s.browser(), s.browser(), s.browser()
	known.visit(http.MethodGet, authorize, nil)
	stranger.visit(http.MethodGet, authorize, nil)
	typed.visit(http.MethodGet, authorize, nil)
	stranger.press("signOn", "username", "somebody-else-entirely", "password", "x")
	stranger.press("signOn", "username", "eve", "password", "battery staple").returned("code=")
	if n := len(s.recordings()); n != 0 {
		t.Fatalf("%d recordings before ada came", n)
	}
	typed.press("signOn", "username", " ADA@example.com", "password", "wrong guess")
	known.press("signOn", "username", "nobody", "password", "x")
	known.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	list := s.recordings()
	if len(list) != 2 {
		t.Fatalf("%d recordings", len(list))
	}
	for _, r := range list {
		if got := words(s.events(r)); !strings.HasPrefix(got, "begins sign-on\n") || r.Username == "eve" {
			t.Errorf("what was before ada came is missing, or it is somebody else's: %s", got)
		}
	}
	if n := len(s.server.FlowOrders("home")); n != 1 {
		t.Errorf("%d orders", n)
	}
	known.visit(http.MethodGet, authorize, nil).returned("code=") // by the session, without a page
	if list = s.recordings(); len(list) != 3 || list[2].Ending != "success" && list[1].Ending != "success" {
		t.Fatalf("%d recordings", len(list))
	}
	if n := len(s.server.FlowOrders("home")); n != 0 {
		t.Errorf("%d orders are left of one for three runs", n)
	}
}

func TestARunBehindALinkIsWrittenDownWithTheRunThatMadeTheLink(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on-link", 1)
	desk, phone := s.browser().by("sign-on-link"), s.browser()
	desk.press("send", "email", "ada@example.com").shows("Look at your e-mail")
	link := s.link()
	phone.visit(http.MethodGet, link, nil).press("signOn").shows("Thank you")
	desk.visit(http.MethodGet, desk.find(onward), nil)
	desk.returned("code=")

	list := s.recordings()
	if len(list) != 2 {
		t.Fatalf("%d recordings", len(list))
	}
	first, second := list[0], list[1]
	if second.First == nil {
		first, second = second, first
	}
	if first.First != nil || second.First == nil || *second.First != first.ID || first.Ending != "success" || second.Ending != "approved" || second.Username != "ada" {
		t.Fatalf("%+v\n%+v", first, second)
	}
	if got := words(s.events(first)); !strings.Contains(got, "hears from another device: approved") || strings.Contains(got, "pending") {
		t.Error(got)
	}
	for _, r := range list {
		flow := s.kept(r)
		if d, err := trace.Replay(flow, s.events(r), run.Environment{}); d != nil || err != nil {
			t.Errorf("%s: %v %v\n%s", r.Flow, d, err, words(s.events(r)))
		}
	}
	text, err := trace.Case(s.kept(first), "the link was opened", s.events(first), s.events(second))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"{opens: mail}", "{at: ask, press: signOn}", "{ends: approved}"} {
		if !strings.Contains(text, "- "+step+"\n") {
			t.Errorf("no step %s in\n%s", step, text)
		}
	}
	for _, d := range flowtest.Run(s.kept(first), "x.test.yaml", []byte(text)).Failures() {
		t.Errorf("%v: %s\n%s", d.Subject.Start, d.Summary, text)
	}
	if _, err := trace.Case(s.kept(first), "the link was opened", s.events(first)); !errors.Is(err, trace.ErrElsewhere) {
		t.Error(err)
	}
	if _, err := trace.Case(s.kept(second), "behind the link", s.events(second)); !errors.Is(err, trace.ErrBehind) {
		t.Error(err)
	}
	if id := link[strings.LastIndex(link, "=")+1:]; bytes.Contains(s.database(), []byte(id)) {
		t.Error("the link is in the database")
	}
}

func TestALinkThatNobodyOpensOrThatIsRefusedBecomesATestToo(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on-link", 1)
	desk := s.browser().by("sign-on-link")
	desk.press("send", "email", "ada@example.com")
	s.pass(10 * time.Minute)
	desk.visit(http.MethodGet, desk.find(onward), nil).shows("Nobody opened the link in time")
	desk.press("send", "email", "ada@example.com")
	s.browser().visit(http.MethodGet, s.link(), nil).press("refuse")
	desk.visit(http.MethodGet, desk.find(onward), nil).shows("That link was refused")
	desk.press("cancel").returned("error=access_denied")
	list := s.recordings()
	if len(list) != 2 {
		t.Fatalf("%d recordings", len(list))
	}
	first, second := list[0], list[1]
	if first.Ending != "access_denied" || second.Ending != "denied" || second.First == nil {
		t.Errorf("%+v\n%+v", first, second)
	}
	text, err := trace.Case(s.kept(first), "nobody comes", s.events(first), s.events(second))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "- {advance: 10m}\n") || !strings.Contains(text, "- {ends: denied}\n") {
		t.Error(text)
	}
	for _, d := range flowtest.Run(s.kept(first), "x.test.yaml", []byte(text)).Failures() {
		t.Errorf("%v: %s\n%s", d.Subject.Start, d.Summary, text)
	}
}

func TestARecordingThatWasDeletedStaysDeletedWhileItsRunGoesOn(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 1)
	b := s.browser().visit(http.MethodGet, authorize, nil)
	list := s.recordings()
	if len(list) != 1 || list[0].Ending != "" || list[0].Node != "credentials" {
		t.Fatalf("%+v", list)
	}
	if found, err := store.DeleteRecording(t.Context(), s.server.Sessions.KV, list[0].ID); !found || err != nil {
		t.Fatal(found, err)
	}
	b.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	if list := s.recordings(); len(list) != 0 {
		t.Errorf("%+v", list[0])
	}
	if found, err := store.DeleteRecording(t.Context(), s.server.Sessions.KV, list[0].ID); found || err != nil {
		t.Error(found, err)
	}
}

func TestTheRecordingsOfAUserGoWithTheUser(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 3)
	for _, name := range []string{"eve", "ada"} {
		b := s.browser().visit(http.MethodGet, authorize, nil)
		b.press("signOn", "username", "ada", "password", "correct horse")
		b.visit(http.MethodGet, authorize+"&prompt=login&login_hint="+name, nil)
		if name == "eve" {
			b.press("signOn", "username", "eve", "password", "battery staple").returned("code=")
		}
	}
	if n := len(s.recordings()); n != 3 {
		t.Fatalf("%d recordings", n)
	}
	eve, err := s.server.Directory.Find(t.Context(), "home", "eve")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.server.Departure.Delete(t.Context(), "home", eve.ID); err != nil {
		t.Fatal(err)
	}
	list := s.recordings()
	if len(list) != 2 || list[0].Username != "ada" || list[1].Username != "ada" {
		t.Errorf("%d recordings are left", len(list))
	}
}
