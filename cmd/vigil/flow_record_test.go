package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"vigil/internal/admin"
	"vigil/internal/fixture"
)

// tab is a browser before the page of a sign-on.
type tab struct {
	*running
	page    string
	cookies []*http.Cookie
	body    string
}

func (r *running) open() *tab {
	r.b.t.Helper()
	t := &tab{running: r}
	t.page, t.cookies = r.begin()
	_, t.body = r.visit(t.page, t.cookies...)
	return t
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// signOn answers the page of a sign-on; the server may be another process by now.
func (t *tab) signOn(at *running, username, password string) (location string) {
	t.b.t.Helper()
	form := url.Values{"_button": {"signOn"}, "username": {username}, "password": {password}}
	for _, input := range hiddenInput.FindAllStringSubmatch(t.body, -1) {
		form.Set(input[1], input[2])
	}
	request, err := http.NewRequestWithContext(t.b.t.Context(), http.MethodPost, "http://"+at.address+t.page, strings.NewReader(form.Encode()))
	if err != nil {
		t.b.t.Fatal(err)
	}
	request.Host = "sso.vigil.localhost:8080"
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range t.cookies {
		request.AddCookie(c)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.b.t.Fatal(err)
	}
	t.body = string(text)
	return response.Header.Get("Location")
}

func (b *bench) recordings() (list admin.Recordings) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.must("", "flow", "recordings", "--json")), &list); err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestARunOfAPersonIsRecordedThroughAKilledServerAndTraced(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+configuration)
	b.write("flows/sign-on.yaml", fixture.SignOn("idleTimeout: 30m"))
	server := b.serve()
	before := server.open()
	if out := b.must("", "flow", "record", "sign-on", "--runs", "3", "--for", "5m"); !strings.HasPrefix(out, "The next 3 runs of sign-on that begin until ") {
		t.Error(out)
	}
	grace := server.open()
	grace.signOn(server, "grace", "a-wrong-guess")
	before.signOn(server, "grace", "unrecorded-guess")
	if err := server.c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-server.ended

	server = b.serve()
	if at := grace.signOn(server, "grace", "nanosecond-wire"); !strings.Contains(at, "/as/resume") {
		t.Fatalf("%s\n%s", at, grace.body)
	}
	list := b.recordings()
	if len(list.Recordings) != 1 || len(list.Orders) != 0 {
		t.Fatalf("%+v", list)
	}
	r := list.Recordings[0]
	if r.Flow != "sign-on" || r.Ending != "success" || r.Username != "grace" || r.ClientID != "web" || r.EndedAt.IsZero() {
		t.Errorf("%+v", r)
	}
	through := b.must("", "flow", "trace", "--run", r.ID)
	server.stop(syscall.SIGTERM)
	shown := b.must("", "flow", "trace", "--run", r.ID, "--values")
	for _, line := range strings.Split(strings.TrimSpace(through), "\n") {
		if !strings.Contains(shown, line) {
			t.Errorf("the socket tells %q, the file does not:\n%s", line, shown)
		}
	}
	if !strings.Contains(through, "verify -failure-> credentials\n") || !strings.HasSuffix(through, "ends in success\n") ||
		!strings.Contains(shown, "username = grace\n") || !strings.Contains(shown, "password (secret 1) was given\n") || !strings.Contains(shown, "proves pwd\n") {
		t.Errorf("%s\n%s", through, shown)
	}
	raw := b.must("", "flow", "trace", "--run", r.ID, "--json")
	file, err := os.ReadFile(filepath.Join(b.folder, "data", "vigil.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"a-wrong-guess", "nanosecond-wire", "unrecorded-guess"} {
		if strings.Contains(shown+raw, secret) || bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q is told", secret)
		}
	}
	trail := b.must("", "audit", "list")
	for _, event := range []string{"recording.ordered", "recording.read", "3 runs until ", ", by " + operator()} {
		if !strings.Contains(trail, event) {
			t.Errorf("no %q in\n%s", event, trail)
		}
	}
}

func TestARecordingDoesAllThatATraceDoesAgainstTheFlowAsItWasAndAsItIs(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+strings.Replace(configuration, "    users:", "    settings: {words: Not right.}\n    users:", 1))
	signOn := strings.Replace(fixture.SignOn("idleTimeout: 30m"), "message: Not right.", `message: "{{ settings.words }}"`, 1)
	b.write("flows/sign-on.yaml", signOn)
	server := b.serve()
	b.must("", "flow", "record", "sign-on", "--user", "grace")
	other, grace := server.open(), server.open()
	other.signOn(server, "nobody", "x")
	grace.signOn(server, "grace", "a-wrong-guess")
	grace.signOn(server, "grace", "nanosecond-wire")
	list := b.recordings()
	if len(list.Recordings) != 1 || len(list.Orders) != 1 || list.Orders[0].Left != 9 || list.Orders[0].Username != "grace" {
		t.Fatalf("%+v", list)
	}
	if text := b.must("", "flow", "recordings"); !strings.Contains(text, "The next 9 runs of sign-on of grace that begin until ") || !strings.Contains(text, "success") {
		t.Error(text)
	}
	id := list.Recordings[0].ID
	b.write("flows/sign-on.yaml", strings.Replace(signOn, "success: {to: done", "success: {to: cancelled", 1))

	if out := b.must("", "flow", "trace", "--run", id, "--replay", "kept"); out != "15 events: it goes as it went\n" {
		t.Error(out)
	}
	if r := b.run("", "flow", "trace", "--run", id, "--replay", "flows/sign-on.yaml"); r.code != exitFailed || !strings.Contains(r.out, `now it is "verify -success-> cancelled"`) {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
	b.write("forked.jsonl", b.must("", "flow", "trace", "--run", id, "--fork", "kept", "--at", "9", "--press", "cancel"))
	if shown := b.must("", "flow", "trace", "forked.jsonl"); !strings.HasSuffix(shown, "ends in error access_denied\n") {
		t.Error(shown)
	}
	if text := b.must("", "flow", "trace", "--run", id, "--test", "kept", "--name", "as grace did"); !strings.Contains(text, "- {at: credentials, message: Not right., enter: {username: grace, password: a secret}, press: signOn}") {
		t.Error(text)
	}
	if out := b.must("\nb\n", "flow", "trace", "--run", id, "--walk", "kept"); strings.Count(out, "── Sign on ── credentials") != 3 || strings.Count(out, "! Not right.") != 1 {
		t.Error(out)
	}
	if out := b.must("", "flow", "trace", "--run", id, "--durations"); !regexp.MustCompile(`verify asks: success  [0-9.]+(µs|ms|s)\n`).MatchString(out) {
		t.Error(out)
	}
	if out := b.must("", "flow", "record", "--stop"); out != "1 order ended.\n" {
		t.Error(out)
	}
	if out := b.must("", "flow", "record", "--delete", id); out != "1 recording deleted.\n" {
		t.Error(out)
	}
	server.stop(syscall.SIGTERM)
	for _, c := range []struct {
		says string
		args []string
	}{
		{"there is no recording", []string{"flow", "trace", "--run", id}},
		{"there is no recording", []string{"flow", "record", "--delete", "nonsense"}},
		{"no server runs", []string{"flow", "record", "sign-on"}},
	} {
		if r := b.run("", c.args...); r.code != exitFailed || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.err)
		}
	}
	for _, args := range [][]string{{"flow", "record"}, {"flow", "record", "sign-on", "--delete", "all"}, {"flow", "trace"}, {"flow", "trace", "x.jsonl", "--run", id}} {
		if r := b.run("", args...); r.code != exitMisused {
			t.Errorf("%v: exit %d, %s", args, r.code, r.err)
		}
	}
}

func TestARunInAnotherLanguageIsReplayedInIt(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+configuration)
	signOn := fixture.SignOn("idleTimeout: 30m")
	b.write("flows/sign-on.yaml", signOn)
	b.write("flows/other.yaml", strings.Replace(signOn, "flow: sign-on", "flow: other", 1)) // which is not kept with the run, and has texts
	b.write("flows/locales/de.yaml", `other.credentials.title: Anders
sign-on.credentials.title: Anmelden
sign-on.credentials.username.label: Name
sign-on.credentials.password.label: Kennwort
sign-on.credentials.signOn.label: Anmelden
sign-on.credentials.cancel.label: Abbrechen
sign-on.verify.failure.message: Das stimmt nicht.
sign-on.verify.locked.message: Das stimmt nicht.
`)
	server := b.serve()
	b.must("", "flow", "record", "sign-on")
	german := &tab{running: server}
	response, _ := server.visit("/as/authorize?" + url.Values{
		"client_id": {"web"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {"https://web.example.com/cb"}, "ui_locales": {"de"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}.Encode())
	u, err := url.Parse(response.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	german.page, german.cookies = u.RequestURI(), response.Cookies()
	_, german.body = server.visit(german.page, german.cookies...)
	german.signOn(server, "grace", "a-wrong-guess")
	id := b.recordings().Recordings[0].ID
	if out := b.must("", "flow", "trace", "--run", id); !strings.HasSuffix(out, "shows credentials \"Das stimmt nicht.\"\n") {
		t.Error(out)
	}
	b.write("flows/sign-on.yaml", strings.Replace(signOn, "Not right.", "Wrong.", 2))
	if out := b.must("", "flow", "trace", "--run", id, "--replay", "kept"); !strings.HasSuffix(out, "it goes as it went\n") {
		t.Error(out)
	}
	if out := b.must("q\n", "flow", "trace", "--run", id, "--walk", "kept", "--at", "9"); !strings.Contains(out, "! Das stimmt nicht.\n") || !strings.Contains(out, "Kennwort:\n") {
		t.Error(out)
	}
	server.stop(syscall.SIGTERM)
}

func TestAnOrderNamesAFlowThatServesAndIsBounded(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	server := b.serve()
	for _, c := range []struct {
		says string
		args []string
	}{
		{`no flow "sing-on" serves`, []string{"sing-on"}},
		{"it is a part", []string{"confirm-link"}},
		{"1 to 100 runs", []string{"sign-on", "--runs", "101"}},
		{"a second to an hour", []string{"sign-on", "--for", "61m"}},
		{`there is no user "eve"`, []string{"sign-on", "--user", "eve"}},
	} {
		if r := b.run("", append([]string{"flow", "record"}, c.args...)...); r.code != exitFailed || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.err)
		}
	}
	if list := b.recordings(); len(list.Orders) != 0 {
		t.Errorf("%+v", list.Orders)
	}
	server.stop(syscall.SIGTERM)
}
