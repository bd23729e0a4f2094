package flowhost

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAFlowIsToldWhichBrowserAsksAndWhetherItKnowsPasskeys(t *testing.T) {
	const engine = " AppleWebKit/537.36 (KHTML, like Gecko) "
	for agent, want := range map[string]struct {
		name, version string
		passkeys      bool
	}{
		"Mozilla/5.0 (X11; Linux x86_64)" + engine + "Chrome/143.0.0.0 Safari/537.36":                {"Chrome", "143", true},
		"Mozilla/5.0 (Windows NT 10.0)" + engine + "Chrome/107.0.0.0 Safari/537.36":                  {"Chrome", "107", false},
		"Mozilla/5.0 (Windows NT 10.0)" + engine + "Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0":    {"Edge", "143", true},
		"Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1": {"Safari", "18", true},
		"Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0":                     {"Firefox", "121", false},
		"curl/8.5.0": {"", "", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("User-Agent", agent)
		if b := browserOf(r); b.Name != want.name || b.Version != want.version || b.Passkeys != want.passkeys {
			t.Errorf("%s: got %+v, want %+v", agent, b, want)
		}
	}
}

// What a platform is called goes into pages that are shown in other browsers, and into the names of devices. A program may write anything there.
func TestAPlatformIsOneThatThereIs(t *testing.T) {
	for header, want := range map[string]string{
		`"Windows"`: "Windows", `"Chrome OS"`: "Chrome OS", `macOS`: "macOS", "": "",
		`"Windows. This is your bank: press Sign on"`: "", `"<b>"`: "", `"` + strings.Repeat("x", 300) + `"`: "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Sec-CH-UA-Platform", header)
		if got := browserOf(r).Platform; got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
}
