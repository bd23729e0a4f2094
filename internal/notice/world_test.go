package notice_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientkeys"
	"vigil/internal/keys"
	"vigil/internal/notice"
	"vigil/internal/outbound"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

const issuer = "https://sso.example.com/as"

// world is a store with sessions, an environment, and what delivers its notices.
type world struct {
	t        *testing.T
	path     string
	file     kv.Store // every closure runs twice
	clock    time.Time
	tenants  *tenant.Tenants
	keys     *keys.Set
	sessions *store.Sessions
	notices  *notice.Dispatcher
	sender   outbound.Options
}

// newWorld has applications by name and back-channel logout address.
func newWorld(t *testing.T, apps map[string]string, change ...func(*tenant.Environment)) *world {
	t.Helper()
	e := &tenant.Environment{ID: "env", Hosts: []string{"https://sso.example.com"}, AllowPrivateLogoutAddresses: true}
	for name, uri := range apps {
		e.Applications = append(e.Applications, &tenant.Application{ClientID: name, Enabled: true, BackchannelLogoutURI: uri})
	}
	for _, c := range change {
		c(e)
	}
	tenants, err := tenant.New([]*tenant.Environment{e}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, path: filepath.Join(t.TempDir(), "vigil.db"), clock: time.Now().Truncate(time.Second), tenants: tenants}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	file, err := bolt.Open(w.path, schema.All(), bolt.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.file = kvtest.DoubleRun(w.t, file)
	if w.keys, err = keys.Open(w.t.Context(), w.file, []string{"env"}, w.clock, keys.Options{}); err != nil {
		w.t.Fatal(err)
	}
	w.sessions = &store.Sessions{KV: w.file, Keep: func(string, string) bool { return false }, Owed: notice.Owed(w.tenants)}
	recipients, err := clientkeys.New(outbound.New(), func() time.Time { return w.clock })
	if err != nil {
		w.t.Fatal(err)
	}
	w.notices = notice.New(notice.Options{
		Recipients: recipients,
		KV:         w.file, Tenants: w.tenants, Keys: w.keys, Sender: notice.NewSender(w.sender), Now: func() time.Time { return w.clock },
		Subject: func(_ *tenant.Application, _, userID string) string { return userID }, Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) close() {
	w.notices.Close()
	if err := w.file.Close(); err != nil {
		w.t.Error(err)
	}
}

// begin starts a session that applications joined.
func (w *world) begin(number byte, apps ...string) session.ID {
	w.t.Helper()
	s := &session.Session{
		ID: session.NewID(w.clock, [16]byte{number}), EnvironmentID: "env", Origin: "https://sso.example.com", UserID: "ada",
		CreatedAt: w.clock, LastActivity: w.clock, IdleTimeout: 30 * time.Minute, Applications: apps,
	}
	if err := w.file.Update(w.t.Context(), func(tx kv.Tx) error { return store.PutNewSession(tx, s) }); err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

// end deletes a session and gives what it takes to tell of it.
func (w *world) end(id session.ID) (*session.Session, store.Ending) {
	w.t.Helper()
	e := w.sessions.Ending(store.Deleted, w.clock)
	s, err := w.sessions.End(w.t.Context(), id, e)
	if err != nil || s == nil {
		w.t.Fatalf("end: %v %v", s, err)
	}
	return s, e
}

// round lets everything due be attempted, after a while.
func (w *world) round(after time.Duration) {
	w.t.Helper()
	w.clock = w.clock.Add(after)
	if err := w.notices.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.notices.Wait()
}

// letters are all notices there are.
func (w *world) letters() (waiting, dead []store.Letter) {
	w.t.Helper()
	err := w.file.View(w.t.Context(), func(r kv.Reader) error {
		waiting = nil
		for shard := range byte(store.NoticeShards) {
			page, _, err := store.WaitingNotices(r, shard, nil, 1000)
			if err != nil {
				return err
			}
			waiting = append(waiting, page...)
		}
		var err error
		dead, _, err = store.DeadNotices(r, nil, 1000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return waiting, dead
}

// claims of a logout token as an application reads them.
type claims struct {
	Issuer   string          `json:"iss"`
	Audience string          `json:"aud"`
	Subject  string          `json:"sub"`
	SID      string          `json:"sid"`
	ID       string          `json:"jti"`
	IssuedAt int64           `json:"iat"`
	Expires  int64           `json:"exp"`
	Events   json.RawMessage `json:"events"`
	Nonce    *string         `json:"nonce"`
}

// verify reads a logout token as an application does with a foreign library.
func (w *world) verify(clientID, token string) claims {
	w.t.Helper()
	body, _ := w.keys.Ring("env").JWKS()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		w.t.Fatal(err)
	}
	var public oidc.StaticKeySet
	for _, k := range set.Keys {
		public.PublicKeys = append(public.PublicKeys, k.Key)
	}
	verifier := oidc.NewVerifier(issuer, &public, &oidc.Config{
		ClientID: clientID, SupportedSigningAlgs: []string{"ES256", "RS256"}, Now: func() time.Time { return w.clock },
	})
	read, err := verifier.Verify(context.Background(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	var c claims
	if err := read.Claims(&c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// receiver is an application's back-channel logout endpoint.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	tokens []string
	// answer serves after the token was noted. Nil: 200.
	answer http.HandlerFunc
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(nil)
		form := parse(t, string(body))
		if q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || len(form) != 1 {
			t.Errorf("%s %s with %d parameters", q.Method, q.Header.Get("Content-Type"), len(form))
		}
		r.mu.Lock()
		r.tokens = append(r.tokens, form.Get("logout_token"))
		serve := r.answer
		r.mu.Unlock()
		if serve != nil {
			serve(w, q)
		}
	}))
	t.Cleanup(r.Server.Close)
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) became(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// got gives the tokens that came so far.
func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.tokens...)
}
