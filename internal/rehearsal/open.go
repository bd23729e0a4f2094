package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/session"
)

const (
	environment = "rehearsal"
	opening     = "rehearsal-opening" // the flow by which the session of a case begins
)

// openingFlow signs on whom the case says: what its capability answers is the case's.
const openingFlow = `flow: rehearsal-opening
title: Begin the session of a case
vars: {user: user}
start: who
nodes:
  who:
    form:
      title: Who has the session?
      fields:
        - {name: username, type: text, label: User name}
        - {name: password, type: password, label: Password}
      buttons: [{name: go, label: Go}]
    then: {go: verify}
  verify:
    do: user.checkPassword
    with: {username: = who.username, password: = who.password}
    limit: 1
    then: {success: {to: done, set: {user: = verify.user}}, failure: refused, locked: refused, mustChange: refused, exhausted: refused}
  refused: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user}}
`

// open makes the provider of a case and its browser, and begins the session that the case begins with.
func (p *performance) open() (err error) {
	ctx := p.house.ctx
	if p.folder, err = os.MkdirTemp("", "vigil-rehearsal-"); err != nil {
		return err
	}
	if err := p.writeFlows(); err != nil {
		return err
	}
	p.client = "app"
	if p.scene.Request.ClientID != "" {
		p.client = p.scene.Request.ClientID
	}
	if p.scene.Session != nil {
		p.now = p.now.Add(-p.scene.Session.Age)
	}
	cfg, found := config.Parse(filepath.Join(p.folder, "vigil.yaml"), p.configuration(), os.LookupEnv)
	if cfg == nil {
		return fmt.Errorf("configure the provider: %s", found[0].Summary)
	}
	p.server, err = server.New(ctx, server.Options{
		Config: cfg, Now: p.clock, Passwords: password.Cheapest(), RSA: p.house.rsa.Next, Letters: p, Capabilities: p.standIns,
		Hosts: map[string]http.Handler{strings.TrimPrefix(p.house.origin("app"), "http://"): http.HandlerFunc(back)},
	})
	if err != nil {
		return fmt.Errorf("open the provider: %w", err)
	}
	var handler http.Handler = p.server
	p.house.handler.Store(&handler)
	if err := p.settle(ctx); err != nil {
		return err
	}
	if p.tab, err = p.house.newTab(); err != nil || p.scene.Session == nil {
		return err
	}
	return p.beginSession(ctx)
}

// writeFlows writes the flow with its parts, and the one that begins the session.
func (p *performance) writeFlows() error {
	folder := filepath.Join(p.folder, "flows")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	files := map[string][]byte{opening: []byte(openingFlow)}
	gather(p.scene.Flow, files)
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), source, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func gather(flow *graph.Flow, files map[string][]byte) {
	if files[flow.Name] != nil {
		return
	}
	files[flow.Name] = flow.Source
	for _, part := range flow.Parts() {
		gather(part, files)
	}
}

// configuration is that of the case's provider.
func (p *performance) configuration() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "data: %s\nflows: flows\nenvironments:\n- id: %s\n  name: Rehearsal\n  hosts: [%s]\n  defaultFlow: %s\n", "data", environment, p.house.origin("sso"), p.scene.Flow.Name)
	b.WriteString("  mail: {server: \"127.0.0.1:25\", tls: none, from: no-reply@example.com}\n  applications:\n")
	for client, flow := range map[string]string{p.client: p.scene.Flow.Name, opening: opening} {
		fmt.Fprintf(&b, "  - {clientId: %s, name: Rehearsal, type: SINGLE_PAGE_APP, grantTypes: [IMPLICIT], responseTypes: [ID_TOKEN], redirectUris: [%s/back], flowPolicies: [%s]}\n",
			client, p.house.origin("app"), flow)
	}
	return []byte(b.String())
}

// opens answers for the flow that begins the session: the user of the case has proved a password.
func (p *performance) opens(ctx context.Context, call connector.Call) (connector.Result, error) {
	for i := range p.scene.People {
		if a := p.scene.People[i].Account; a.ID == p.scene.Session.UserID {
			a.Epoch = p.epoch(ctx, a.ID)
			return connector.Result{
				Outcome: "success", Output: map[string]any{"user": connector.UserValue{AccountValue: a}},
				Proofs: []connector.Proof{{AccountID: a.ID, Method: "pwd", At: call.Now}},
			}, nil
		}
	}
	return connector.Result{Outcome: "failure"}, nil
}

// beginSession gives the browser the session of the case, and lets the time pass since.
func (p *performance) beginSession(ctx context.Context) error {
	s := p.scene.Session
	request := p.scene.Request
	p.scene.Request = connector.Request{}
	err := p.ask(opening, true)
	p.scene.Request = request
	if err != nil {
		return err
	}
	if err := p.tab.submit(strings.TrimSpace(fillPage) + "(" + literal(map[string]string{"username": "somebody", "password": "something"}) + ",'')"); err != nil {
		return err
	}
	live, err := p.server.Sessions.LiveOfUser(ctx, environment, s.UserID, p.clock())
	if err != nil {
		return err
	}
	if len(live) != 1 {
		return fmt.Errorf("the session of %s did not begin", s.UserID)
	}
	_, err = p.server.Sessions.Change(ctx, live[0].ID, p.clock(), func(one *session.Session) {
		one.Proofs = nil
		for _, method := range s.Methods {
			one.Proofs = append(one.Proofs, session.Proof{Method: method, At: p.clock()})
		}
		if s.IdleTimeout > 0 {
			one.IdleTimeout = s.IdleTimeout
		}
	})
	if err != nil {
		return err
	}
	return p.Advance(s.Age)
}

// literal writes a value as JavaScript.
func literal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(text)
}
