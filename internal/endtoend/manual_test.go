package endtoend

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
)

// The names of the manual: the port of the test takes the place of theirs.
const (
	manualProvider = "sso.home.localhost"
	manualApp      = "notes.home.localhost"
	manualPassword = "analytical engine"
)

// section is the part of a page of the manual below a heading, without its subsections.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no %q", page, heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

var fence = regexp.MustCompile("(?s)([^\n]*)\n\n```([a-z]+)\n(.*?)```")

// manualFiles are the blocks of a section by the last file that the line before them names; those without one, by their kind.
func (w *world) manualFiles(page, heading string) map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, found := range fence.FindAllStringSubmatch(section(w.t, page, heading), -1) {
		name := found[2]
		if named := regexp.MustCompile("`([a-z]+\\.[a-z]+)`[^`]*$").FindStringSubmatch(found[1]); named != nil {
			name = named[1]
		}
		files[name] = regexp.MustCompile(":(8080|3000)").ReplaceAllString(files[name]+found[3], w.port)
	}
	return files
}

// openManual is the provider of README, and its application with the files of a section and, where that has none, of the one about the SDK.
func openManual(t *testing.T, heading string) *world {
	t.Helper()
	listener, port := listen(t)
	w := &world{t: t, log: &accessLog{}, browser: chromium.Start(t), port: port}
	source := w.manualFiles("README.md", "Run it for yourself")["vigil.yaml"]
	cfg, found := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(source), func(string) (string, bool) { return manualPassword, true })
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, source)
	}
	pages := w.manualFiles("docs/applications.md", "With the SDK")
	for name, text := range w.manualFiles("docs/applications.md", heading) {
		pages[name] = text
	}
	const packages = "../interop/node_modules/"
	serve := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch name := strings.TrimPrefix(r.URL.Path, "/"); {
		case strings.HasPrefix(name, packages[3:]):
			http.ServeFile(rw, r, "../"+name)
		case strings.HasSuffix(name, ".js"):
			rw.Header().Set("Content-Type", "text/javascript")
			_, _ = rw.Write([]byte(pages[name]))
		default:
			if name == "" {
				name = "index.html"
			}
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(rw, `<link rel="icon" href="data:,"><script type="importmap">{"imports": {"oidc-client-ts": "/%soidc-client-ts/dist/esm/oidc-client-ts.js", "jwt-decode": "/%[1]sjwt-decode/build/esm/index.js"}}</script>%s`, packages[3:], pages[name])
		}
	})
	var err error
	w.server, err = server.New(t.Context(), server.Options{
		Config: cfg, Log: w.log.logger(), Passwords: password.Cheapest(), RSA: rsaKeys.Next, Hosts: map[string]http.Handler{manualApp + w.port: serve},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &gate{next: w.server}
	w.serve(listener)
	return w
}

func TestTheApplicationsOfTheManualDoWhatItSays(t *testing.T) {
	t.Parallel()
	for heading, said := range map[string]struct{ changed, after string }{
		"With the SDK":        {"The session changed: signedOff", "Signed off"},
		"With oidc-client-ts": {"The session changed", "Nobody is signed on"},
	} {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			w := openManual(t, heading)
			says := func(tab *chromium.Tab, text string) {
				t.Helper()
				tab.Wait(fmt.Sprintf("document.querySelector('h1')?.textContent === %q", text))
			}
			home := w.origin(manualApp) + "/"
			one := w.browser.Open(home)
			if heading != "With the SDK" { // that one goes there by itself
				says(one, "Nobody is signed on")
				one.Click("button")
			}
			one.WaitURL(w.origin(manualProvider) + "/signon/")
			one.Type("input[name=username]", "ada")
			one.Type("input[name=password]", manualPassword)
			one.Click("button[value=signOn]")
			says(one, "Hello ada")
			two := w.browser.Open(home)
			says(two, "Hello ada")
			two.Click("button")
			says(one, said.changed)
			says(two, said.after)
			two.Wait("location.search === ''")
		})
	}
}

func TestThePartsOfTheManualThatWatchBySelfWrittenCodeDoWhatItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	module := "data:text/javascript," + url.PathEscape(w.manualFiles("docs/sessions.md", "Watch it by hand")["js"])
	one, other := w.signOnAt(1, "ada"), w.openSDK(3)
	other.Do("void vigil.signIn()") // another site, whose frame sees no cookies
	other.WaitURL(w.app(3) + "/sdk")
	other.Wait("window.user?.() === 'ada'")
	for _, tab := range []*chromium.Tab{one, other} {
		tab.Do("watch.stop()")
		tab.Do(fmt.Sprintf("import(%q).then(({ watch, hear }) => { window.heard = []; window.byHand = { watch, hear }; })", module))
	}
	one.Do(fmt.Sprintf("void byHand.watch(%q, 'one', vigil.current.sessionState, (answer) => heard.push(answer))", w.issuer()+"/as/checksession"))
	one.Wait("heard.join() === 'unchanged'")
	other.Do(fmt.Sprintf("void byHand.hear(%q, vigil.current.tokens.idToken, () => heard.push('ended'))", w.issuer()+"/as"))
	w.follow()
	w.endByOperator("ada")
	one.Wait("heard.join() === 'unchanged,changed'")
	other.Wait("heard.join() === 'ended'")
}
