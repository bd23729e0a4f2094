package spectest

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// receiver is where all applications of a world hear of endings: a real server, one path for each.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]int // by application; absent: 200
	tokens  map[string][]string
}

// here is the address at which an application listens. The server outlives restarts of the provider.
func (w *world) here(app string) string {
	if w.receiver == nil {
		r := &receiver{answers: map[string]int{}, tokens: map[string][]string{}}
		r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
		w.t.Cleanup(r.Close)
		w.receiver = r
	}
	return w.receiver.URL + "/" + app
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	app, token := strings.Trim(q.URL.Path, "/"), q.PostFormValue("logout_token")
	r.mu.Lock()
	r.tokens[app] = append(r.tokens[app], token)
	status := r.answers[app]
	r.mu.Unlock()
	switch status {
	case 0:
	case never:
		<-q.Context().Done()
	default:
		w.WriteHeader(status)
	}
}

// never as an answer keeps whoever asks waiting.
const never = -1

// answers sets how an application's receiver answers from now on.
func (w *world) answers(app, status string) {
	code, err := strconv.Atoi(status)
	if status == "never" {
		code = never
	} else if err != nil {
		w.t.Fatal(err)
	}
	w.receiver.mu.Lock()
	defer w.receiver.mu.Unlock()
	w.receiver.answers[app] = code
}

// deliver lets everything that is due be attempted.
func (w *world) deliver() {
	if err := w.server.Notices.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.server.Notices.Wait()
}

// notices takes what came for an application since somebody last looked: how many, and whether the last names the person and the session
// as the ID token does.
func (w *world) notices(app string) []string {
	w.receiver.mu.Lock()
	tokens := w.receiver.tokens[app]
	delete(w.receiver.tokens, app)
	w.receiver.mu.Unlock()
	got := []string{strconv.Itoa(len(tokens))}
	if len(tokens) == 0 {
		return got
	}
	told, known := w.claimsOf(app, tokens[len(tokens)-1], w.clock.now()), w.claimsOf(app, w.current.idTokens[app], time.Time{})
	for _, name := range []string{"sub", "sid"} {
		if told[name] != nil && told[name] == known[name] {
			got = append(got, name)
		}
	}
	return got
}

// claimsOf verifies a token as a relying party does, with a foreign library and the published keys. The zero time: whatever its age.
func (w *world) claimsOf(app, token string, now time.Time) map[string]any {
	_, body := w.get("https://" + issuerHost + "/as/jwks")
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		w.t.Fatal(err)
	}
	var published oidc.StaticKeySet
	for _, k := range set.Keys {
		published.PublicKeys = append(published.PublicKeys, k.Key)
	}
	verified, err := oidc.NewVerifier("https://"+issuerHost+"/as", &published, &oidc.Config{
		ClientID: app, SkipExpiryCheck: now.IsZero(), Now: func() time.Time { return now }, SupportedSigningAlgs: []string{"ES256", "RS256"},
	}).Verify(context.Background(), token)
	if err != nil {
		w.t.Fatalf("token for %s: %v", app, err)
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

// letters counts the notices that wait and those that nobody tries any more.
func (w *world) letters() []string {
	var waiting, dead []store.Letter
	err := w.server.Sessions.KV.View(w.t.Context(), func(r kv.Reader) (err error) {
		waiting = nil
		for shard := range byte(store.NoticeShards) {
			page, _, err := store.WaitingNotices(r, shard, nil, kv.MaxKeys)
			if err != nil {
				return err
			}
			waiting = append(waiting, page...)
		}
		dead, _, err = store.DeadNotices(r, nil, kv.MaxKeys)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	got := []string{fmt.Sprintf("waiting=%d", len(waiting)), fmt.Sprintf("dead=%d", len(dead))}
	for _, l := range append(waiting, dead...) {
		if strings.Contains(l.Problem, "not one that logout tokens may be sent to") {
			got = append(got, "refused")
		}
	}
	return got
}

// discovery gives the members of the metadata that are no lists, as NAME=VALUE.
func (w *world) discovery() (got []string) {
	_, body := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration")
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		w.t.Fatal(err)
	}
	for name, value := range members {
		got = append(got, fmt.Sprintf("%s=%v", name, value))
	}
	return got
}

var (
	frame  = regexp.MustCompile(`<iframe src="([^"]+)"`)
	onward = regexp.MustCompile(`<a class="button" href="([^"]+)"`)
)

// framed takes a page apart that loads pages of applications: frame=APP for each that is told the issuer and its session, on=ADDRESS.
func (w *world) framed(response *http.Response, page string) (got []string) {
	for _, m := range frame.FindAllStringSubmatch(page, -1) {
		u, err := url.Parse(html.UnescapeString(m[1]))
		if err != nil {
			w.t.Fatal(err)
		}
		app, _, _ := strings.Cut(u.Host, ".")
		known := w.claimsOf(app, w.current.idTokens[app], time.Time{})
		q := u.Query()
		if q.Get("iss") == known["iss"] && q.Get("sid") == known["sid"] && strings.Contains(response.Header.Get("Content-Security-Policy"), originOf(app)) {
			got = append(got, "frame="+app)
		}
		q.Del("iss")
		q.Del("sid")
		if len(q) > 0 {
			got = append(got, "keeping="+q.Encode())
		}
	}
	for _, m := range onward.FindAllStringSubmatch(page, -1) {
		got = append(got, "on="+html.UnescapeString(m[1]))
	}
	return got
}
