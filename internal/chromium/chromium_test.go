package chromium_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }

// hostPage says which host was asked and sets the cookies that the query names.
func hostPage(w http.ResponseWriter, r *http.Request) {
	for _, cookie := range r.URL.Query()["set"] {
		w.Header().Add("Set-Cookie", cookie)
	}
	fmt.Fprintf(w, "<!doctype html><title>%s</title><body><p>%s</p><input><button onclick='document.title=document.querySelector(\"input\").value'>ok</button>", r.Host, r.Host)
}

func TestEveryHostNameLeadsToUs(t *testing.T) {
	browser := chromium.Start(t)
	browser.Serve(http.HandlerFunc(hostPage))
	server := httptest.NewServer(http.HandlerFunc(hostPage))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")

	tab := browser.Open("")
	for _, c := range []struct {
		url, host string
		secure    bool
	}{
		{"http://app1.vigil.localhost/", "app1.vigil.localhost", true},
		{"https://app1.vigil.localhost/", "app1.vigil.localhost", true},
		{"http://auth.vigil.localhost:" + port + "/", "auth.vigil.localhost:" + port, true},
		{"http://auth.vigil.test/", "auth.vigil.test", false},
		{"https://auth.vigil.test/", "auth.vigil.test", true},
	} {
		tab.Go(c.url)
		if got := tab.Text("p"); got != c.host {
			t.Errorf("%s reached %s", c.url, got)
		}
		if got := chromium.Eval[bool](tab, "isSecureContext"); got != c.secure {
			t.Errorf("%s: secure context %v, want %v", c.url, got, c.secure)
		}
	}
}

func TestABrowserHasItsOwnCookiesAndForgetsSomeWhenItsRunEnds(t *testing.T) {
	first, second := chromium.Start(t), chromium.Start(t)
	first.Serve(http.HandlerFunc(hostPage))
	first.Open("https://auth.vigil.localhost/?set=run=1%3BHttpOnly&set=kept=1%3BMax-Age=60")
	second.Open("https://auth.vigil.localhost/")

	names := func(b *chromium.Browser) string {
		var names []string
		for _, cookie := range b.Cookies("auth.vigil.localhost") {
			names = append(names, cookie.Name)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if names(first) != "kept run" || names(second) != "" {
		t.Errorf("cookies %q and %q", names(first), names(second))
	}
	first.EndRun("auth.vigil.localhost")
	if names(first) != "kept" {
		t.Errorf("after the run %q", names(first))
	}
}

func TestAPersonTypesClicksAndLooks(t *testing.T) {
	browser := chromium.Start(t)
	browser.Serve(http.HandlerFunc(hostPage))
	tab := browser.Open("https://app1.vigil.localhost/")
	tab.Type("input", "Ada")
	tab.Click("button")
	tab.Wait("document.title === 'Ada'")

	tab.Show(chromium.Look{Width: 360, Dark: true})
	if got := chromium.Eval[string](tab, "innerWidth + ' ' + matchMedia('(prefers-color-scheme: dark)').matches"); got != "360 true" {
		t.Errorf("shown as %s", got)
	}
	picture := filepath.Join(t.TempDir(), "pictures", "page.png")
	tab.Screenshot(picture)
	if png, err := os.ReadFile(picture); err != nil || string(png[1:4]) != "PNG" {
		t.Errorf("no picture: %v", err)
	}

	popup := browser.Popup(tab, func() { tab.Do("void open('https://app2.vigil.localhost/')") })
	popup.Wait("location.host === 'app2.vigil.localhost' && document.title !== ''")
	popup.Do("console.log('hello from', location.host)")
	popup.Do("void setTimeout(() => { throw new Error('lost') })")
	popup.Wait("new Promise(done => setTimeout(done, 50, true))")
	if got := strings.Join(popup.Console(), "\n"); !strings.Contains(got, "log: hello from app2.vigil.localhost") || !strings.Contains(got, "Error: lost") {
		t.Errorf("console: %s", got)
	}
}
