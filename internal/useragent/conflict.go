package useragent

import (
	"context"

	"vigil/internal/session"
)

// maxDisputed bounds the sessions that one request with several tokens leads to.
const maxDisputed = 4

// Disputed gives the live sessions of a browser that holds several session tokens, see Conflict. Nobody is signed on in such a browser, for one
// token was planted and nobody can tell which; a sign-off has to end what every one of them opens, or it would report success while the
// person's session lives.
func (a *Agents) Disputed(ctx context.Context, agent *Agent) ([]*session.Session, error) {
	if !agent.Conflict() {
		return nil, nil
	}
	var disputed []*session.Session
	for _, value := range agent.tokens {
		t, ok := agent.codecs.open(agent.Base, value)
		if !ok || len(disputed) == maxDisputed {
			continue
		}
		found, err := a.sessionOf(ctx, agent.Base, t, agent.Now)
		if err != nil {
			return nil, err
		}
		if found != nil && found.HasSecret(t.secret[:]) {
			disputed = append(disputed, found)
		}
	}
	return disputed, nil
}
