package trace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Look walks a flow by the events of a run up to one of them, and gives what the run came to there: a page, or its end. Secrets on it are
// placeholders. ErrNoRun; nil where nothing had come yet.
func Look(flow *graph.Flow, events []Event, at int, env run.Environment) (run.Effect, error) {
	if !begins(flow, events) {
		return nil, ErrNoRun
	}
	p := newReplay(flow, events, env)
	for i := range events {
		if events[i].Number > at {
			break
		}
		if err := p.step(&events[i]); err != nil {
			return nil, err
		}
	}
	return p.effect, nil
}

// Details are what belongs to an event, in words: what was typed, answered, proved. Seen numbers secrets as in Names.
func (e Event) Details(seen map[string]int) []string {
	var said []string
	say := func(name string, value any) { said = append(said, plain(fmt.Sprintf("%s = %v", name, value))) }
	if q := e.Request; q != nil {
		for _, field := range [][2]string{
			{"clientId", q.ClientID},
			{"loginHint", q.LoginHint},
			{"scopes", strings.Join(q.Scopes, " ")},
			{"acrValues", strings.Join(q.ACRValues, " ")},
			{"ip", q.IP},
			{"country", q.Country},
			{"locale", q.Locale},
			{"browser", strings.TrimSpace(q.Browser.Name + " " + q.Browser.Platform)},
		} {
			if field[1] != "" {
				say(field[0], field[1])
			}
		}
	}
	if e.Session != nil && e.Kind == Started {
		say("session", "of "+e.Session.User.Username)
	}
	if e.Opened != nil {
		say("account", e.Opened.Account.Username)
	}
	for _, values := range []map[string]string{e.Fields, e.Values} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			say(name, values[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Output)) {
		say(name, inWords(e.Output[name]))
	}
	for _, name := range e.Names(seen) {
		said = append(said, name+" was given")
	}
	for _, p := range e.Proofs {
		said = append(said, "proves "+p.Method)
	}
	if e.EndsSession {
		said = append(said, "ends the session")
	}
	if e.Cut {
		said = append(said, "the rest was too long to be kept")
	}
	return said
}

// inWords writes a value for people.
func inWords(value any) any {
	switch value := value.(type) {
	case connector.AccountValue:
		return value.Username
	case connector.UserValue:
		return value.Username
	case connector.SessionValue:
		return "of " + value.User.Username
	case connector.ChallengeValue:
		return "open until " + value.ExpiresAt.Format(time.TimeOnly)
	case time.Duration:
		return connector.FormatDuration(value)
	}
	return value
}
