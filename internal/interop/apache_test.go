package interop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// The applications behind mod_auth_openidc, one virtual host each: what they learn a sign-off by.
const (
	watching = "watching.vigil.localhost" // by the frame of session management
	told     = "told.vigil.localhost"     // by logout tokens
	framed   = "framed.vigil.localhost"   // by a frame of the page that signs off
)

// apache is an Apache with mod_auth_openidc in front of three applications, a provider, and a person's browser.
type apache struct {
	*world
	browser *chromium.Browser
	port    string // with its colon
}

func newApache(t *testing.T, idle string) *apache {
	t.Helper()
	a := &apache{port: fmt.Sprintf(":%d", fixture.Port()), browser: chromium.Start(t)}
	registered := ""
	for host, more := range map[string]string{
		watching: "opSessionCheckEnabled: true", told: "backchannelLogoutUri: %q", framed: "frontchannelLogoutUri: %q",
	} {
		if strings.Contains(more, "%q") {
			more = fmt.Sprintf(more, a.at(host)+"/callback?logout="+map[string]string{told: "backchannel", framed: "get"}[host])
		}
		registered += fmt.Sprintf("\n  - {clientId: %s, type: WEB_APP, clientSecret: %q, redirectUris: [%q], postLogoutRedirectUris: [%q, %q], %s}",
			host, secret, a.at(host)+"/callback", a.at(host)+"/bye.html", a.at(host)+"/watch.html", more)
	}
	a.world = newServer(t, provider{host: "auth.vigil.localhost", applications: registered, idle: idle})
	a.start()
	return a
}

func (a *apache) at(host string) string { return "http://" + host + a.port }

// start puts Apache in front of the applications.
func (a *apache) start() {
	a.t.Helper()
	hosts := ""
	for _, host := range []string{watching, told, framed} {
		hosts += fmt.Sprintf(virtualHost, a.port, host, a.origin, secret, a.at(host))
	}
	runApache(a.t, a.port, applications+hosts, map[string]string{
		"pages/index.html": page(""), "pages/watch.html": page(frames), "pages/bye.html": "<title>Bye</title>Signed off.",
	})
}

// runApache runs Apache in the foreground with a configuration in which FOLDER stands for the folder of its files, which its workers may read,
// and waits until it answers.
func runApache(t *testing.T, port, configuration string, files map[string]string) {
	t.Helper()
	folder := t.TempDir()
	if os.Geteuid() == 0 {
		configuration = "User www-data\nGroup www-data\n" + configuration
	}
	files["apache.conf"] = strings.ReplaceAll(fmt.Sprintf(usualApache, port)+configuration, "FOLDER", folder)
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		// Apache's workers are another user, whatever the umask says.
		if err := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(filepath.Dir(path), 0o755), os.Chmod(path, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	logged := func() string {
		text, err := os.ReadFile(filepath.Join(folder, "error.log"))
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	httpd := exec.Command("/usr/sbin/apache2", "-d", folder, "-f", filepath.Join(folder, "apache.conf"), "-DFOREGROUND")
	httpd.Env = []string{"PATH=" + os.Getenv("PATH")}
	var said strings.Builder
	httpd.Stdout, httpd.Stderr = &said, &said
	if err := httpd.Start(); err != nil {
		t.Fatalf("Apache is not installed: run `make deps`: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = httpd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = httpd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("Apache's log:\n%s", logged())
		}
	})
	fixture.Until(t, "Apache listens", func() bool {
		select {
		case <-ended:
			t.Fatalf("Apache ended: %v\n%s%s", httpd.ProcessState, &said, logged())
		default:
		}
		c, err := net.Dial("tcp", "127.0.0.1"+port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// open goes to a page of an application, and through the sign-on if its page comes.
func (a *apache) open(host, path string) *chromium.Tab {
	a.t.Helper()
	tab := a.browser.Open(a.at(host) + path)
	tab.Wait("!!document.querySelector('#who, input[name=username]')")
	if chromium.Eval[bool](tab, "!!document.querySelector('input[name=username]')") {
		a.fill(tab)
	}
	tab.WaitURL(a.at(host) + path)
	if got := tab.Text("#who"); got != "ada" {
		a.t.Fatalf("at %s %q is signed on", host, got)
	}
	return tab
}

// isOn asks an application without following redirects: does it still know who is there?
func (a *apache) isOn(tab *chromium.Tab) bool {
	a.t.Helper()
	return chromium.Eval[bool](tab, "fetch('/index.html', { redirect: 'manual' }).then(({ status }) => status === 200)")
}

func TestModAuthOpenIDCNoticesByItsFrameThatASessionEndedElsewhere(t *testing.T) {
	t.Parallel()
	a := newApache(t, "")
	tab := a.open(watching, "/watch.html")
	tab.Wait("heard.length >= 3")
	if others := chromium.Eval[[]string](tab, "heard.filter((answer) => answer !== 'unchanged')"); len(others) > 0 {
		t.Errorf("while nothing happens the frame says %v", others)
	}
	a.signOff(a.browser)
	tab.WaitURL(a.origin + "/signon/") // the module signs off, comes back to the page, and has to ask who is there
}

func TestModAuthOpenIDCEndsItsSessionByALogoutToken(t *testing.T) {
	t.Parallel()
	a := newApache(t, "")
	tab := a.open(told, "/")
	if !a.isOn(tab) {
		t.Fatal("nobody is signed on")
	}
	a.endSessions()
	fixture.Until(t, "the application forgets who was there", func() bool { return !a.isOn(tab) })
}

func TestModAuthOpenIDCHearsOfATimeOutByItsFrameAndByALogoutToken(t *testing.T) {
	t.Parallel()
	a := newApache(t, short)
	one, two := a.open(watching, "/watch.html"), a.open(told, "/")
	one.Wait("location.href.startsWith('" + a.origin + "/signon/')")
	fixture.Until(t, "the application forgets who was there", func() bool { return !a.isOn(two) })
}

func TestModAuthOpenIDCEndsItsSessionInAFrameOfTheSignOff(t *testing.T) {
	t.Parallel()
	a := newApache(t, "")
	tab := a.open(framed, "/")
	if !a.isOn(tab) {
		t.Fatal("nobody is signed on")
	}
	a.signOff(a.browser)
	fixture.Until(t, "the application forgets who was there", func() bool { return !a.isOn(tab) })
}

func TestModAuthOpenIDCSignsOffForAllApplications(t *testing.T) {
	t.Parallel()
	a := newApache(t, "")
	one, two := a.open(told, "/"), a.open(watching, "/watch.html")
	one.Go(a.at(told) + "/callback?logout=" + a.at(told) + "/bye.html")
	one.WaitURL(a.at(told) + "/bye.html")
	if a.isOn(one) {
		t.Error("the application still knows somebody")
	}
	two.WaitURL(a.origin + "/signon/")
}
