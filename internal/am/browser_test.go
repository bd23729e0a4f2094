package am_test

import (
	"net/http"
	"strings"
	"testing"
)

// Fetch, section "CORS protocol": a page of an application sends the token and credentials as headers, as AM's manual does, and reads the version.
func TestAPageOfAnApplicationMaySendTheHeadersOfAM(t *testing.T) {
	w := newWorld(t, twoRealms)
	for origin, may := range map[string]bool{"https://www.example.com": true, "https://evil.example.com": false} {
		response, _ := w.ask(http.MethodOptions, sessions+"validate", "", "Origin", origin, "Access-Control-Request-Method", http.MethodPost)
		listed := ", " + response.Header.Get("Access-Control-Allow-Headers") + ","
		for _, name := range []string{cookie, "X-OpenAM-Username", "X-OpenAM-Password", "Accept-API-Version", "X-Requested-With"} {
			if strings.Contains(listed, ", "+strings.ToLower(name)+",") != may {
				t.Errorf("%s from %s: %s", name, origin, listed)
			}
		}
	}
	response, _ := w.ask(http.MethodPost, sessions+"validate", "", "Origin", "https://www.example.com")
	if exposed := response.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, "Content-API-Version") {
		t.Errorf("a page may read %s", exposed)
	}
}

// AM: REST API versions: whoever names no version is served the latest, and warned.
func TestWhoNamesNoVersionIsWarned(t *testing.T) {
	w := newWorld(t, twoRealms)
	const warned = `100 CREST "Accept-API-Version should be included in the request."`
	for _, path := range []string{"/sessions?_action=validate", "/authenticate"} {
		if response, body := w.ask(http.MethodPost, alpha+path, ""); response.Header.Get("Warning") != warned || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s %v", path, response.StatusCode, body, response.Header)
		}
		if response, _ := w.ask(http.MethodPost, alpha+path, "", "Accept-API-Version", "resource=2.0"); response.Header.Get("Warning") != "" {
			t.Errorf("%s with a version: %v", path, response.Header)
		}
	}
}

func TestAResourceRefusesOtherMethodsInItsOwnWords(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		for path, want := range map[string]int{"/sessions": http.StatusMethodNotAllowed, "/sessions/token": http.StatusNotFound} {
			response, body := w.ask(method, alpha+path, "")
			allow := strings.Join(response.Header.Values("Allow"), ", ")
			if response.StatusCode != want || !strings.HasPrefix(body, `{"code":`) || (allow == "GET, POST") != (want == http.StatusMethodNotAllowed) {
				t.Errorf("%s %s: %d %s, allowed are %s", method, path, response.StatusCode, body, allow)
			}
		}
	}
}
