package spectest

import (
	"net/http"
	"strings"
	"testing"
)

// A sibling sub-domain can plant any cookie but one that begins with __Host-.
func TestAPlantedKeyDoesNotOpenTheSignOnOfAnotherPerson(t *testing.T) {
	const known = "AAAAAAAAAAAAAAAAAAAAAA"
	for name, at := range map[string]string{"bare names": "https://" + issuerHost, "shared host": "https://shared.example.com/test"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.settings, w.apps = append(w.settings, "cookies: {bareNames: true}"), []app{{name: "spa"}}
			w.start()
			w.current.cookies["RUN"] = cookie{value: known}
			response, _ := w.get(at + "/as/authorize?" + w.query("spa", nil).Encode())
			address := response.Header.Get("Location")
			if _, page := w.get(address); !strings.Contains(page, `name="password"`) {
				t.Fatalf("the person cannot sign on at %s: %s", address, page)
			}
			w.use("attacker")
			w.current.cookies["RUN"] = cookie{value: known}
			if response, _ := w.get(address); response.StatusCode != http.StatusGone {
				t.Errorf("whoever planted the key sees the sign-on: %d", response.StatusCode)
			}
		})
	}
}

func TestARequestThatIsTooLongToKeepIsRefusedWithItsState(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{name: "spa"}}
	w.start()
	long := strings.Repeat("x", 8000)
	got := w.authorize("spa", []string{"login_hint=" + long, "claims=" + long, "display=" + long, "ui_locales=" + long})
	if strings.Join(got, " ") != "302 error=invalid_request" {
		t.Errorf("got %v", got)
	}
}
