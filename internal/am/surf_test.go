package am_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigil/iframe"
)

// submit fills in the form of a page.
func (w *world) submit(at string, form url.Values) *http.Response {
	w.t.Helper()
	_, page := w.get(at)
	for _, name := range []string{"_node", "_version"} {
		_, after, _ := strings.Cut(page, `name="`+name+`" value="`)
		value, _, _ := strings.Cut(after, `"`)
		form.Set(name, value)
	}
	response, _ := w.ask(http.MethodPost, at, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", host)
	return response
}

// throughPages signs somebody on at the page of a flow and gives where they are sent.
func (w *world) throughPages(at, user string) *url.URL {
	w.t.Helper()
	response := w.submit(at, url.Values{"username": {user}, "password": {"correct horse " + user}, "_button": {"signOn"}})
	response, text := w.get(response.Header.Get("Location"))
	back, err := url.Parse(response.Header.Get("Location"))
	if err != nil || response.StatusCode/100 != 3 {
		w.t.Fatalf("%d %s", response.StatusCode, text)
	}
	return back
}

// poll is what a check-session page answers to a message from an origin, with the cookies of the browser.
func (w *world) poll(page, origin, message string) iframe.Answer {
	w.t.Helper()
	_, html := w.get(page)
	_, block, _ := strings.Cut(html, `type="application/json">`)
	block, _, _ = strings.Cut(block, "</script>")
	settings := decode(w.t, block)
	cookies := make([]string, 0, len(w.cookies))
	for name, value := range w.cookies {
		cookies = append(cookies, name+"="+value)
	}
	at, err := iframe.Origin(page)
	if err != nil {
		w.t.Fatal(err)
	}
	return iframe.Verdict(iframe.Question{
		Data: message, Origin: origin, Issuer: at, Cookies: strings.Join(cookies, "; "), Prefix: settings["prefix"].(string),
		Registered: func(clientID, origin string) bool {
			_, text := w.get(at + settings["registered"].(string) + "?" + url.Values{"client_id": {clientID}, "origin": {origin}}.Encode())
			return decode(w.t, text)["registered"] == true
		},
	})
}

// claimsOf are those of a signed token.
func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[len(parts)/2])
	claims := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatalf("%s: %v", token, err)
	}
	return claims
}
