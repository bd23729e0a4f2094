package main

import (
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/fixture"
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
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		page, cookies := r.begin()
		_, body := r.visit(page, cookies...)
		if strings.Contains(body, text) {
			return
		}
		if time.Now().After(deadline) {
			r.b.t.Fatalf("no %q in\n%s", text, body)
		}
	}
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
	time.Sleep(3 * watchEvery)
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
