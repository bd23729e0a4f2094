package builtin

import (
	"context"
	"errors"
	"time"

	"vigil/engine/connector"
)

// Links keeps what waits behind links.
type Links interface {
	// Create keeps a challenge until it expires, and gives the address that opens it once.
	Create(ctx context.Context, link NewLink) (Link, error)
}

// NewLink is a link to be made.
type NewLink struct {
	EnvironmentID, RunID string
	BaseURL              string // where the environment is
	IP                   string // of the browser that asks. Empty: unknown
	AccountID            string // whom it is for. Empty: nobody; it then opens nothing, and looks like any other
	Opens                connector.Opening
	Now, ExpiresAt       time.Time
}

// Link is a link that was made.
type Link struct {
	Challenge connector.ChallengeValue
	URL       string // whoever has it can open it
}

// The limits on how long a link waits. A run lives no longer either.
const (
	usualExpiry = 10 * time.Minute
	mostExpiry  = 48 * time.Hour
)

func linkCreate(links Links) connector.Capability {
	return connector.Capability{
		Name: "link.create",
		Doc:  "Makes a link that opens a part in a second run, in whatever browser, once. How that part ends answers the challenge that a form waits for.",
		Inputs: []connector.Field{
			{Name: "account", Type: optional(connector.Account), Doc: "Whom it is for. Absent: nobody; the link opens nothing, and nothing shows it."},
			{Name: "expires", Type: optional(connector.Duration), Doc: "How long it waits. Left out: 10m."},
		},
		Outcomes: []connector.Outcome{
			{Name: "created", Doc: "There is a link. It ends with this run.", Outputs: []connector.Field{
				{Name: "challenge", Type: required(connector.Challenge), Doc: "What a form waits for."},
				{Name: "url", Type: required(connector.Secret), Doc: "The link: for a QR code, or for a message to the account. Opening it proves nothing by itself."},
			}},
		},
		Opens: &connector.Opens{},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			link, err := createLink(ctx, links, call)
			if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{
				Outcome: "created",
				Output:  map[string]any{"challenge": link.Challenge, "url": connector.NewSecret(link.URL)},
			}, nil
		},
	}
}

// createLink makes the link that a call asks for.
func createLink(ctx context.Context, links Links, call connector.Call) (Link, error) {
	switch {
	case links == nil:
		return Link{}, errNoPort
	case call.Opens == nil:
		return Link{}, errors.New("a link that opens nothing")
	}
	expires, given := call.Inputs["expires"].(time.Duration)
	if !given {
		expires = usualExpiry
	}
	if expires <= 0 || expires > mostExpiry {
		return Link{}, errors.New("a link waits for more than nothing and at most for 48h")
	}
	account, _ := call.Inputs["account"].(connector.AccountValue)
	if !account.Enabled {
		account.ID = ""
	}
	return links.Create(ctx, NewLink{
		EnvironmentID: call.EnvironmentID, RunID: call.RunID, BaseURL: call.BaseURL, IP: call.Request.IP,
		AccountID: account.ID, Opens: *call.Opens, Now: call.Now, ExpiresAt: call.Now.Add(expires),
	})
}
