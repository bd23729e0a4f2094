package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigil/internal/doctor"
	"vigil/internal/fixture"
)

func spell(found []doctor.Finding) string {
	var text strings.Builder
	for _, f := range found {
		text.WriteString(string(f.Severity) + " " + f.Check + ": " + f.Summary + "\n")
	}
	return text.String()
}

func TestAHealthyProviderHasNothingToMend(t *testing.T) {
	found := newWorld(t, newProvider(t, "127.0.0.1")).examine()
	if worst := doctor.Worst(found); worst != doctor.OK {
		t.Errorf("%s\n%s", worst, spell(found))
	}
	for _, check := range []string{"dns", "certificate", "tls-versions", "redirect", "hsts", "discovery", "clock", "host", "client-address", "cookies", "body", "long-url", "long-header", "frame", "pages", "cache", "stream", "sites"} {
		if !strings.Contains(spell(found), "ok "+check+":") {
			t.Errorf("%s was not examined:\n%s", check, spell(found))
		}
	}
}

func TestEachThingThatProxiesBreakIsFoundAndNamed(t *testing.T) {
	trusting, wary := newProvider(t, "127.0.0.1"), newProvider(t, "10.0.0.1")
	for _, b := range append(brokenHeaders(), brokenWays()...) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusting)
			if b.wary {
				w = newWorld(t, wary)
			}
			w.options.Quick = !strings.HasSuffix(b.finds, "stream")
			b.does(w)
			found := w.examine()
			hit := false
			for _, f := range found {
				if string(f.Severity)+" "+f.Check == b.finds && strings.Contains(f.Summary, b.says) {
					hit = true
					if f.Severity != doctor.Note && f.Why == "" {
						t.Errorf("it is not said why: %+v", f)
					}
				}
			}
			if !hit {
				t.Errorf("wanted %s: …%s…\n%s", b.finds, b.says, spell(found))
			}
		})
	}
}

func TestNobodyThereIsSaidAsSuch(t *testing.T) {
	w := newWorld(t, newProvider(t, "127.0.0.1"))
	w.options.Dial = fixedDial(fmt.Sprintf("127.0.0.1:%d", fixture.Port()))
	if said := spell(w.examine()); !strings.Contains(said, "error reach: nobody takes connections at sso.example.com:443: dial tcp") || !strings.Contains(said, "refused") || strings.Contains(said, "error discovery") {
		t.Error(said)
	}
}

func TestNamesBelowLocalhostAreThisMachineAsInBrowsers(t *testing.T) {
	there := httptest.NewServer(http.NotFoundHandler())
	defer there.Close()
	port := there.Listener.Addr().(*net.TCPAddr).Port
	nobody := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no resolver") }}
	found, err := doctor.Examine(t.Context(), doctor.Options{Origin: fmt.Sprintf("http://sso.acme.localhost:%d", port), Resolver: nobody, Quick: true, Now: time.Now})
	if said := spell(found); err != nil || strings.Contains(said, "reach") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestWhereBrowsersNameAPortTheProxyIsToPassItOn(t *testing.T) {
	w := newWorld(t, newProvider(t, "127.0.0.1"))
	w.options.Origin, w.options.Quick = origin+":8443", true
	lines := map[string]bool{}
	for _, f := range w.examine() {
		for _, m := range f.Mend {
			if m.Where == "nginx" && (strings.Contains(m.Line, "Host") || strings.Contains(m.Line, "return 301")) {
				lines[m.Line] = true
			}
		}
	}
	if !lines["proxy_set_header Host $host:8443;"] || len(lines) != 1 && !lines["server { listen 80; server_name sso.example.com; return 301 https://sso.example.com:8443$request_uri; }"] {
		t.Errorf("nginx is to say %v", lines)
	}
}
