package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// beginning is the script of the manual with which applications begin that use Ping's clients, with the port of the test.
func beginning(t *testing.T, port string) []byte {
	t.Helper()
	page, err := os.ReadFile("../../docs/applications.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "\n## With Ping's own libraries\n")
	_, text, fenced := strings.Cut(text, "```js\n")
	script, _, closed := strings.Cut(text, "```")
	if !found || !fenced || !closed {
		t.Fatal("the manual says nothing of it")
	}
	script = strings.NewReplacer(":8080", port, ":3000", port).Replace(script) + "\nwindow.signOn = signOn;"
	build := exec.Command("node", "node_modules/esbuild/bin/esbuild", "--bundle", "--format=esm", "--log-level=warning")
	build.Stdin = strings.NewReader(script)
	var bundle, trouble bytes.Buffer
	build.Stdout, build.Stderr = &bundle, &trouble
	if err := build.Run(); err != nil {
		t.Fatalf("the foreign clients are not installed: run `make deps`: %v\n%s", err, &trouble)
	}
	return bundle.Bytes()
}

func TestAnApplicationWithPingsClientsBeginsAsTheManualSays(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	script := beginning(t, fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port))
	w := newServer(t, provider{
		host: "sso.home.localhost", appHost: "notes.home.localhost", listener: listener,
		applications: "\n" + `  - {clientId: notes, type: SINGLE_PAGE_APP, redirectUris: ["${app}/"]}`,
		app: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/begin.js" {
				rw.Header().Set("Content-Type", "text/javascript")
				_, _ = rw.Write(script)
				return
			}
			_, _ = rw.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><script type="module" src="/begin.js"></script>`))
		}),
	})
	tab := chromium.Start(t).Open(w.app + "/")
	tab.Wait("!!window.signOn")
	got := chromium.Eval[map[string]string](tab, `(async () => {
		const heard = [];
		const who = await signOn((collectors, flow, error) => {
			if (error) heard.push(error.message);
			const typed = { username: "ada", password: error ? "correct horse ada" : "wrong" };
			for (const collector of collectors) if (collector.name in typed) flow.update(collector)(typed[collector.name]);
		});
		return { who: who.preferred_username, heard: heard.length.toString() };
	})()`)
	if got["who"] != "ada" || got["heard"] != "1" {
		t.Errorf("after a wrong password and the right one: %v", got)
	}
}
