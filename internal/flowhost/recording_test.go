package flowhost_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/engine/trace"
	"vigil/internal/config"
	"vigil/internal/flowhost"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// recorders is a provider with two people and the flows that ship.
const recorders = `data: data
environments:
- id: home
  name: Home
  hosts: [https://sso.example.com]
  defaultFlow: sign-on
  mail: {server: 127.0.0.1:2525, tls: none, from: no-reply@example.com}
  users:
  - {username: ada, email: ada@example.com, password: correct horse}
  - {username: eve, email: eve@example.com, password: battery staple}
  applications:
  - clientId: spa
    name: Portal
    type: SINGLE_PAGE_APP
    tokenEndpointAuthMethod: NONE
    redirectUris: [https://spa.example.net/cb]
    grantTypes: [AUTHORIZATION_CODE]
    responseTypes: [CODE]
    flowPolicies: [sign-on, sign-on-link]
`

// studio is a provider that can be closed and opened again.
type studio struct {
	*house
	folder string
}

func openStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{&house{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, t.TempDir()}
	s.open()
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

func (s *studio) open() {
	s.t.Helper()
	cfg, mistakes := config.Parse(filepath.Join(s.folder, "vigil.yaml"), []byte(recorders), os.LookupEnv)
	if cfg == nil {
		s.t.Fatal(mistakes)
	}
	var err error
	s.server, err = server.New(s.t.Context(), server.Options{Config: cfg, Now: func() time.Time { return s.now }, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: s.house})
	if err != nil {
		s.t.Fatal(err)
	}
}

// again ends the process and starts another.
func (s *studio) again() {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func (s *studio) order(flow string, runs int) {
	s.t.Helper()
	if err := s.server.RecordFlow(server.FlowOrder{EnvironmentID: "home", Flow: flow, Left: runs, Until: s.now.Add(10 * time.Minute)}); err != nil {
		s.t.Fatal(err)
	}
}

// orderOf wants the runs of one person alone.
func (s *studio) orderOf(name string, runs int) {
	s.t.Helper()
	u, err := s.server.Directory.Find(s.t.Context(), "home", name)
	if err != nil {
		s.t.Fatal(err)
	}
	order := server.FlowOrder{EnvironmentID: "home", Flow: "sign-on", Left: runs, Until: s.now.Add(10 * time.Minute), UserID: u.ID, Username: u.Username, Email: u.Email}
	if err := s.server.RecordFlow(order); err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) recordings() (list []*store.Recording) {
	s.t.Helper()
	err := s.server.Sessions.KV.View(s.t.Context(), func(r kv.Reader) (err error) {
		list, err = store.Recordings(r)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// events are those of a recording.
func (s *studio) events(r *store.Recording) []trace.Event {
	s.t.Helper()
	var lines []byte
	err := s.server.Sessions.KV.View(s.t.Context(), func(reader kv.Reader) (err error) {
		lines, err = store.Recorded(reader, r.ID)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	events, err := trace.Read(bytes.NewReader(lines))
	if err != nil {
		s.t.Fatal(err)
	}
	return events
}

// kept is the flow of a recording as it was then.
func (s *studio) kept(r *store.Recording) *graph.Flow {
	s.t.Helper()
	var sources []byte
	err := s.server.Sessions.KV.View(s.t.Context(), func(reader kv.Reader) (err error) {
		sources, err = store.KeptFlow(reader, r.FlowHash)
		sources = bytes.Clone(sources)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(sources), int64(len(sources)))
	if err != nil {
		s.t.Fatal(err)
	}
	library, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	flow := library.Flow(r.Flow)
	if flow == nil {
		s.t.Fatal(found)
	}
	return flow
}

func words(events []trace.Event) string {
	said := make([]string, len(events))
	for i := range events {
		said[i] = events[i].String()
	}
	return strings.Join(said, "\n")
}

// database is all that lies in the data folder.
func (s *studio) database() []byte {
	s.t.Helper()
	var all []byte
	files, err := filepath.Glob(filepath.Join(s.folder, "data", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

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
	s.now = s.now.Add(time.Minute)
	ada.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	other.press("signOn", "username", "eve", "password", "battery staple").returned("code=")

	list := s.recordings()
	if len(list) != 1 {
		t.Fatalf("%d recordings", len(list))
	}
	r := list[0]
	if r.Flow != "sign-on" || r.Ending != "success" || r.Username != "ada" || r.ClientID != "spa" || !r.EndedAt.Equal(s.now) || r.Full || r.Events != 15 {
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
	if id := link[strings.LastIndex(link, "=")+1:]; bytes.Contains(s.database(), []byte(id)) {
		t.Error("the link is in the database")
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

func TestRecordingsTakeBoundedRoomAndGoAfterAWeek(t *testing.T) {
	s := openStudio(t)
	s.order("sign-on", 1)
	b := s.browser().visit(http.MethodGet, authorize, nil)
	long := strings.Repeat("a", 30<<10)
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
		s.now = s.now.Add(time.Second)
		s.browser().visit(http.MethodGet, authorize, nil)
	}
	list := s.recordings()
	if len(list) != store.MaxRecordings {
		t.Errorf("%d recordings", len(list))
	}
	if list[0].ID == r.ID || len(s.events(r)) != 0 {
		t.Error("the oldest is still there")
	}
	s.now = s.now.Add(store.RecordingKept + time.Minute)
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
	s.now = s.now.Add(10 * time.Minute)
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
