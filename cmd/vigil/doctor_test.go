package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil/internal/doctor"
	"vigil/internal/fixture"
)

// secured is a configuration that needs no proxy, on a port of its own, and its address.
func (b *bench) secured() (address string) {
	b.t.Helper()
	port := fixture.Port()
	address = fmt.Sprintf("127.0.0.1:%d", port)
	authority := fixture.NewAuthority(b.t)
	authority.Issue(b.folder, "sso", 60*24*time.Hour, "sso.vigil.localhost")
	b.write("ca.pem", string(authority.PEM))
	b.write("vigil.yaml", fmt.Sprintf(`listen: %s
data: data
tls: {certificates: [{certificate: sso.pem, key: sso.key}]}
environments:
  - id: one
    hosts: ["https://sso.vigil.localhost:%d"]
    applications:
      - {clientId: near, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.vigil.localhost/"]}
`, address, port))
	return address
}

func TestTheDoctorExaminesAServerThatNeedsNoProxy(t *testing.T) {
	b := newBench(t)
	address := b.secured()
	server := b.serve()
	defer server.stop(syscall.SIGTERM)
	usual := []string{"doctor", "--connect", address, "--authorities", "ca.pem", "--quick"}
	r := b.run("", append(usual, "--format", "json")...)
	var all []examined
	if err := json.Unmarshal([]byte(r.out), &all); err != nil || len(all) != 1 {
		t.Fatalf("exit %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	for _, f := range all[0].Findings {
		if f.Severity == doctor.Error || f.Severity == doctor.Warning {
			t.Errorf("%+v", f)
		}
	}
	for _, check := range []string{"certificate", "discovery", "frame", "client-address", "cookies", "long-header", "hsts", "sites"} {
		if !strings.Contains(r.out, `"check": "`+check+`"`) {
			t.Errorf("%s was not examined", check)
		}
	}
	if r.code != exitDone {
		t.Errorf("exit %d", r.code)
	}
	text := b.run("", append(usual, "--strict")...)
	if text.code != exitDone || !strings.Contains(text.out, "  ok       certificate      for sso.vigil.localhost") || !strings.Contains(text.out, "0 errors, 0 warnings") {
		t.Errorf("exit %d\n%s%s", text.code, text.out, text.err)
	}
	untrusting := b.run("", "doctor", "--connect", address, "--quick")
	if untrusting.code != exitFailed || !strings.Contains(untrusting.out, "nobody here trusts the authority") {
		t.Errorf("exit %d\n%s%s", untrusting.code, untrusting.out, untrusting.err)
	}
}

func TestATicketLetsTheDoctorAskFromAnotherMachine(t *testing.T) {
	b := newBench(t)
	address := b.secured()
	if r := b.run("", "doctor", "ticket"); r.code != exitFailed || !strings.Contains(r.err, "ask the server for a ticket") {
		t.Errorf("without a server: exit %d\n%s", r.code, r.err)
	}
	server := b.serve()
	defer server.stop(syscall.SIGTERM)
	ticket := strings.TrimSpace(b.must("", "doctor", "ticket"))
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	away := newBench(t) // no configuration, no socket
	ca, err := os.ReadFile(filepath.Join(b.folder, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	away.write("ca.pem", string(ca))
	ask := []string{"doctor", "https://sso.vigil.localhost:" + port, "--connect", address, "--authorities", "ca.pem", "--quick"}
	if r := away.run("", append(ask, "--ticket", ticket)...); r.code != exitDone || !strings.Contains(r.out, "ok       client-address") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := away.run("", ask...); r.code != exitDone || !strings.Contains(r.out, "without a ticket of the server") || strings.Contains(r.out, "client-address") {
		t.Errorf("without it: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := away.run("", append(ask, "--ticket", "of-nobody")...); r.code != exitFailed || !strings.Contains(r.out, "did not answer the probe") {
		t.Errorf("with another: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := away.run("", "doctor"); r.code != exitFailed {
		t.Errorf("with nothing: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := away.run("", "doctor", "sso.example.com"); r.code != exitMisused || !strings.Contains(r.err, "not an origin") {
		t.Errorf("without a scheme: exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestWhatAnExaminedHostSaysOfItselfSteersNoTerminal(t *testing.T) {
	var out strings.Builder
	showFindings(&world{out: &out}, examined{Origin: "https://sso.example.com", Findings: []doctor.Finding{{
		Check: "certificate", Severity: doctor.Error, Summary: "the authority is \x1b]0;mine\a", Why: "why", Mend: []doctor.Mend{{Where: "any", Line: "not \x1b[2Jthis"}},
	}}})
	if got := out.String(); strings.ContainsAny(got, "\x1b\a\r") || !strings.Contains(got, "the authority is ]0;mine") {
		t.Errorf("%q", got)
	}
}

func TestATicketOfTheServerHereIsShownToNobodyElsesHost(t *testing.T) {
	b := newBench(t)
	address := b.secured()
	server := b.serve()
	defer server.stop(syscall.SIGTERM)
	var shown atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Vigil-Probe") != "" {
			shown.Add(1)
		}
		http.NotFound(w, r)
	}))
	defer stranger.Close()
	b.run("", "doctor", stranger.URL, "--quick")
	if n := shown.Load(); n > 0 {
		t.Errorf("%d requests showed it", n)
	}
	if r := b.run("", "doctor", "--connect", address, "--authorities", "ca.pem", "--quick"); !strings.Contains(r.out, "ok       client-address") {
		t.Errorf("at the server's own host:\n%s%s", r.out, r.err)
	}
}
