package useragent

import (
	"context"
	"fmt"
)

// Outdated reports whether the browser brought the token of a live session whose secret was replaced since: the new token is on its way to it.
func (a *Agents) Outdated(ctx context.Context, agent *Agent) (bool, error) {
	if agent.Session != nil || len(agent.tokens) != 1 {
		return false, nil
	}
	t, ok := agent.codecs.open(agent.Base, agent.tokens[0])
	if !ok {
		return false, nil
	}
	found, err := a.Sessions.Load(ctx, t.id, agent.Now)
	if err != nil {
		return false, fmt.Errorf("load session: %w", err)
	}
	return found != nil && found.Origin == agent.Base.Origin && found.EnvironmentID == agent.Base.Environment.ID, nil
}
