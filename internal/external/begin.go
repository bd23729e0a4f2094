package external

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/directory"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Service signs people on with other providers. All fields are required. Make it with New.
type Service struct {
	Keep      builtin.Keep
	KV        kv.Store
	Directory *directory.Directory
	// Account reads a person. Nil: gone or disabled.
	Account func(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error)
	Tenants *tenant.Tenants
	Random  io.Reader
	Now     func() time.Time
	Log     *slog.Logger

	providers providers
}

// CallbackPath is where providers send people back to, followed by the provider's name.
const CallbackPath = "/as/callback/"

// keptTrip is under which name a run keeps the way that somebody is on.
const keptTrip = "external trip"

// Trip is a way to a provider that is about to begin.
type Trip struct {
	Base        tenant.Base
	RunID       string
	Node, Field string // where the run waits for who comes back
	Provider    string
	Request     connector.Request // what the application wants
}

// trip is what a run keeps of it.
type trip struct {
	Provider string    `json:"provider"`
	Node     string    `json:"node"`
	Field    string    `json:"field"`
	State    [32]byte  `json:"state"` // SHA-256 of the parameter
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Back     string    `json:"back"` // the redirect URI, to the letter
	Since    time.Time `json:"since,omitzero"`
}

// ErrUnknownProvider: the environment names no such provider.
var ErrUnknownProvider = errors.New("no such identity provider")

// Begin gives the provider's address that the browser goes to. A second trip of a run makes the first worthless. ErrUnknownProvider.
func (s *Service) Begin(ctx context.Context, t Trip) (location string, err error) {
	named := t.Base.Environment.IdentityProvider(t.Provider)
	if named == nil {
		return "", fmt.Errorf("%w: %q", ErrUnknownProvider, t.Provider)
	}
	provider, err := s.providers.of(ctx, named, s.Now())
	if err != nil {
		return "", fmt.Errorf("read what provider %q supports: %w", t.Provider, err)
	}
	state, err := s.draw()
	if err != nil {
		return "", err
	}
	kept := trip{Provider: t.Provider, Node: t.Node, Field: t.Field, Back: t.Base.URL(CallbackPath + t.Provider)}
	if kept.Nonce, err = s.draw(); err != nil {
		return "", err
	}
	if kept.Verifier, err = s.draw(); err != nil {
		return "", err
	}
	// The run's id leads back to it; the rest is what nobody else can know.
	state = t.RunID + "." + state
	kept.State = sha256.Sum256([]byte(state))
	// RFC 9700 2.1.1: PKCE, whatever the provider says of it.
	options := []oauth2.AuthCodeOption{oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier)}
	options = append(options, freshness(t.Request)...)
	switch {
	case t.Request.Reauthenticate:
		kept.Since = s.Now() // whatever max_age would let pass
	case t.Request.MaxAge > 0:
		kept.Since = s.Now().Add(-t.Request.MaxAge)
	}
	written, err := json.Marshal(kept)
	if err != nil {
		return "", fmt.Errorf("encode trip: %w", err)
	}
	if err := s.Keep.Change(ctx, t.RunID, keptTrip, func([]byte) ([]byte, error) { return written, nil }); err != nil {
		return "", fmt.Errorf("keep trip: %w", err)
	}
	return provider.client(named, kept.Back).AuthCodeURL(state, options...), nil
}

// freshness hands on what the application wants of the sign-on.
//
// OIDC Core 3.1.2.1: prompt=login and max_age ask for an active sign-on.
func freshness(request connector.Request) (options []oauth2.AuthCodeOption) {
	if request.Reauthenticate {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	} else if request.MaxAge > 0 {
		options = append(options, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(request.MaxAge/time.Second))))
	}
	if request.Language != "" {
		options = append(options, oauth2.SetAuthURLParam("ui_locales", request.Language))
	}
	return options
}

func (s *Service) draw() (string, error) {
	var random [32]byte
	if _, err := io.ReadFull(s.Random, random[:]); err != nil {
		return "", fmt.Errorf("draw a random text: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(random[:]), nil
}

// RunOf gives the run that a state leads back to. Empty: it is none of ours.
func RunOf(state string) string {
	run, _, found := strings.Cut(state, ".")
	if !found {
		return ""
	}
	return run
}

// Returned is where a run goes on with what came back.
type Returned struct {
	Node, Field string
	Answer      string // for external.signOn
}

// Returned says where a run goes on with what a browser brought back from a provider. Nil: the run sent nobody there, or not with this state.
// Nothing is used up.
func (s *Service) Returned(ctx context.Context, runID, provider string, query url.Values) (*Returned, error) {
	var back *Returned
	err := s.Keep.Change(ctx, runID, keptTrip, func(value []byte) ([]byte, error) {
		back = nil
		kept, err := readTrip(value)
		if err == nil && kept != nil && kept.is(provider, query) {
			back = &Returned{Node: kept.Node, Field: kept.Field, Answer: (url.Values{"provider": {provider}, "query": {query.Encode()}}).Encode()}
		}
		return value, err
	})
	if err != nil {
		return nil, fmt.Errorf("read trip: %w", err)
	}
	return back, nil
}

func readTrip(value []byte) (*trip, error) {
	if value == nil {
		return nil, nil
	}
	var kept trip
	if err := json.Unmarshal(value, &kept); err != nil {
		return nil, err
	}
	return &kept, nil
}

// is reports whether somebody came back from this very trip.
//
// RFC 9207 1, RFC 9700 4.4.2: each provider has an address of its own to come back to, so none can pass off another's answer.
func (t *trip) is(provider string, query url.Values) bool {
	state := sha256.Sum256([]byte(query.Get("state")))
	return t.Provider == provider && len(query["state"]) == 1 && subtle.ConstantTimeCompare(state[:], t.State[:]) == 1
}
