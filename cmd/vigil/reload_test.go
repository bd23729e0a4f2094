package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vigil/flows"
	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/server"
)

// visit asks with the cookies of a browser and follows nothing.
func (r *running) visit(path string, cookies ...*http.Cookie) (response *http.Response, body string) {
	r.b.t.Helper()
	request, err := http.NewRequestWithContext(r.b.t.Context(), http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		r.b.t.Fatal(err)
	}
	request.Host = "sso.vigil.localhost:8080"
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err = http.DefaultTransport.RoundTrip(request)
	if err != nil {
		r.b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.b.t.Fatal(err)
	}
	return response, string(text)
}

// begin begins a sign-on and gives where its page is, with the cookies of its browser.
func (r *running) begin() (page string, cookies []*http.Cookie) {
	r.b.t.Helper()
	response, body := r.visit("/as/authorize?" + url.Values{
		"client_id": {"web"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {"https://web.example.com/cb"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}.Encode())
	u, err := url.Parse(response.Header.Get("Location"))
	if err != nil || u.Path != "/signon/" {
		r.b.t.Fatalf("%d to %q\n%s", response.StatusCode, response.Header.Get("Location"), body)
	}
	return u.RequestURI(), response.Cookies()
}

// shows waits until sign-ons that begin now show a text.
func (r *running) shows(text string) {
	r.b.t.Helper()
	fixture.Until(r.b.t, "the sign-on shows "+text, func() bool {
		page, cookies := r.begin()
		_, body := r.visit(page, cookies...)
		return strings.Contains(body, text)
	})
}

func TestAChangedFlowServesFromNowOnAndABrokenOneNever(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+configuration)
	signOn := fixture.SignOn("idleTimeout: 30m")
	titled := func(title string) string {
		return strings.Replace(signOn, "      title: Sign on", "      title: "+title, 1)
	}
	file := filepath.Join("flows", "sign-on.yaml")
	b.write(file, titled("The first edition"))
	server := b.serve()
	begun, cookies := server.begin()

	b.write(file, titled("The second edition"))
	server.shows("The second edition")
	if _, body := server.visit(begun, cookies...); !strings.Contains(body, "The first edition") {
		t.Errorf("a run that began before shows another edition:\n%s", body)
	}

	b.write(file, strings.Replace(titled("The broken edition"), "start: session", "start: sesion", 1))
	b.write(filepath.Join("flows", "other.yaml"), strings.Replace(titled("Another flow"), "flow: sign-on", "flow: other", 1))
	fixture.Until(t, "the broken edition is refused", func() bool { return strings.Contains(server.log.String(), `msg="flow refused"`) })
	server.shows("The second edition")

	b.write(file, titled("The fourth edition"))
	server.shows("The fourth edition")
	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{`msg="flow refused"`, "sign-on.yaml:4:8", `did you mean`, `msg="the flows of before go on"`, `changed=[sign-on]`, "other"} {
		if !strings.Contains(server.log.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, server.log)
		}
	}
}

func TestAFolderBehindALinkIsReadWhenTheLinkOrWhatItLeadsToChanges(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+configuration)
	edition := func(folder, title string) {
		b.write(filepath.Join(folder, "sign-on.yaml"), strings.Replace(fixture.SignOn("idleTimeout: 30m"), "      title: Sign on", "      title: "+title, 1))
	}
	point := func(link, to string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(b.folder, "new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(b.folder, "new"), filepath.Join(b.folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	edition("one", "The first edition")
	point("flows", "one")
	server := b.serve()
	server.shows("The first edition")
	edition("two", "The second edition")
	point("flows", "two")
	server.shows("The second edition")
	edition("elsewhere", "The third edition")
	point(filepath.Join("two", "sign-on.yaml"), filepath.Join("..", "elsewhere", "sign-on.yaml"))
	server.shows("The third edition")
	edition("elsewhere", "The fourth edition")
	server.shows("The fourth edition")

	b.write("words/de.yaml", "problems.missing: Da fehlt etwas.\n")
	point(filepath.Join("two", "locales"), filepath.Join("..", "words"))
	before := stampOf(filepath.Join(b.folder, "flows"))
	b.write("words/de.yaml", "problems.missing: Bitte geben Sie das an.\n")
	if stampOf(filepath.Join(b.folder, "flows")) == before {
		t.Error("texts behind a link changed, and nobody sees it")
	}
}

func TestAFolderThatTheConfigurationCannotServeFromIsRefused(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+strings.Replace(configuration, "    applications:", "    deviceFlow: device\n    applications:", 1))
	if err := os.CopyFS(filepath.Join(b.folder, "flows"), flows.Files); err != nil {
		t.Fatal(err)
	}
	device, err := flows.Files.ReadFile("device.yaml")
	if err != nil {
		t.Fatal(err)
	}
	signOn := strings.Replace(fixture.SignOn("idleTimeout: 30m"), "      title: Sign on", "      title: The first edition", 1)
	b.write(filepath.Join("flows", "sign-on.yaml"), signOn)
	server := b.serve()
	b.write(filepath.Join("flows", "device.yaml"), strings.Replace(fixture.SignOn("idleTimeout: 30m"), "flow: sign-on", "flow: device", 1))
	b.write(filepath.Join("flows", "sign-on.yaml"), strings.Replace(signOn, "The first", "The second", 1))
	fixture.Until(t, "the folder is refused", func() bool {
		status := b.must("", "flow", "status")
		return strings.Contains(status, "The folder was refused") && strings.Contains(status, `the flow "device" can succeed without letting a device in [device-flow]`)
	})
	server.shows("The first edition")
	b.write(filepath.Join("flows", "device.yaml"), string(device))
	server.shows("The second edition")
}

func TestAFolderThatTheStoreDidNotTakeIsLookedAtAgain(t *testing.T) {
	b := newBench(t)
	b.write(filepath.Join("flows", "sign-on.yaml"), fixture.SignOn("idleTimeout: 30m"))
	cfg, found := config.Parse(filepath.Join(b.folder, "vigil.yaml"), []byte("flows: flows\n"+configuration), func(string) (string, bool) { return "web-secret-1234", true })
	if cfg == nil {
		t.Fatal(found)
	}
	s, err := server.New(t.Context(), server.Options{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if !reload(t.Context(), s, cfg, log, &refusal{}) {
		t.Error("a good folder is looked at again and again")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if reload(t.Context(), s, cfg, log, &refusal{}) {
		t.Error("a folder that a closed store did not take counts as taken")
	}
}
