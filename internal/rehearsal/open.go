package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

const environment = "rehearsal"

// The flows that prepare a case.
const (
	opening   = "rehearsal-opening"   // begins its session
	endowment = "rehearsal-endowment" // makes somebody's passkey
)

const openingFlow = `flow: rehearsal-opening
title: Begin the session of a case
start: who
nodes:
  who: {do: rehearsal.act, then: {success: done}}
  done: {end: success, with: {user: = who.user}}
`

const endowmentFlow = `flow: rehearsal-endowment
title: Make a passkey before a case begins
start: who
nodes:
  who: {do: rehearsal.act, then: {success: offer}}
  offer:
    form:
      title: Make a passkey
      fields: [{name: passkey, type: newPasskey, label: Make a passkey, account: = who.user}]
    then: {passkey: register}
  register:
    do: passkey.register
    with: {user: = who.user, passkey: = offer.passkey}
    then: {added: made, failure: failed, proveFirst: failed, tooMany: failed}
  failed: {end: error, with: {code: server_error}}
  made: {end: error, with: {code: access_denied}}
`

// open makes the provider of a case and its browser, the people of the case, and the session that it begins with.
func (p *performance) open() (err error) {
	ctx := p.house.ctx
	if p.folder, err = os.MkdirTemp("", "vigil-rehearsal-"); err != nil {
		return err
	}
	configuration, err := p.prepare()
	if err != nil {
		return err
	}
	if p.scene.Session != nil {
		p.now = p.now.Add(-p.scene.Session.Age)
	}
	cfg, found := config.Parse(filepath.Join(p.folder, "vigil.yaml"), configuration, os.LookupEnv)
	if cfg == nil {
		return fmt.Errorf("configure the provider: %s", found[0].Summary)
	}
	p.server, err = server.New(ctx, server.Options{
		Config: cfg, Log: slog.New(said{p}), Now: p.clock, Passwords: password.Cheapest(), RSA: p.house.rsa.Next, Letters: p, Capabilities: p.standIns,
		Hosts: p.hosts(),
	})
	if mistaken := (*server.FlowError)(nil); errors.As(err, &mistaken) {
		return fmt.Errorf("open the provider: %s: %s", mistaken.Diagnostics[0].Subject.File, mistaken.Diagnostics[0].Summary)
	}
	if err != nil {
		return fmt.Errorf("open the provider: %w", err)
	}
	var handler http.Handler = http.HandlerFunc(p.enter)
	p.house.handler.Store(&handler)
	if p.first, err = p.house.newTab(); err != nil {
		return err
	}
	p.tab = p.first
	if err := p.settle(ctx); err != nil {
		return err
	}
	if p.scene.Session != nil {
		err = p.beginSession(ctx)
	}
	if err == nil {
		err = p.showCodes()
	}
	return err
}

// hosts are those beside the provider's: the application and the other identity providers.
func (p *performance) hosts() map[string]http.Handler {
	all := map[string]http.Handler{hostOf(p.house.origin("app")): http.HandlerFunc(back)}
	for _, name := range p.providers() {
		other := &provider{performance: p, name: name}
		all[hostOf(other.issuer())] = other.handler()
	}
	return all
}

func hostOf(origin string) string { return strings.TrimPrefix(origin, "http://") }

// prepare writes the flow with its parts and those that prepare the case, and gives the provider's configuration.
func (p *performance) prepare() ([]byte, error) {
	folder := filepath.Join(p.folder, "flows")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	files := map[string][]byte{opening: []byte(openingFlow), endowment: []byte(endowmentFlow)}
	gather(p.scene.Flow, files)
	played := p.scene.Flow.Name
	if p.scene.Flow.Part {
		played, files[calling] = calling, p.caller()
	}
	if err := p.translate(folder, files); err != nil {
		return nil, err
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), source, 0o600); err != nil {
			return nil, err
		}
	}
	if p.client = "app"; p.scene.Request.ClientID != "" {
		p.client = p.scene.Request.ClientID
	}
	return p.configuration(played)
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
func (p *performance) configuration(played string) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "data: data\nflows: flows\nenvironments:\n- id: %s\n  name: Rehearsal\n  hosts: [%s]\n  defaultFlow: %s\n", environment, p.house.origin("sso"), played)
	if forDevices(p.scene) {
		fmt.Fprintf(&b, "  deviceFlow: %s\n", played)
	}
	b.WriteString("  mail: {server: \"127.0.0.1:25\", tls: none, from: no-reply@example.com}\n")
	if err := p.offer(&b); err != nil {
		return nil, err
	}
	for i, name := range p.providers() {
		if i == 0 {
			b.WriteString("  identityProviders:\n")
		}
		fmt.Fprintf(&b, "  - {name: %s, issuer: %q, clientId: %s, clientSecret: %q}\n", name, (&provider{performance: p, name: name}).issuer(), environment, sharedSecret)
	}
	scopes := p.scopes(&b)
	b.WriteString("  applications:\n")
	p.deviceApplications(&b, scopes)
	for client, flow := range map[string]string{p.client: played, opening: opening, endowment: endowment} {
		fmt.Fprintf(&b, "  - {clientId: %s, name: Rehearsal, type: SINGLE_PAGE_APP, grantTypes: [IMPLICIT], responseTypes: [ID_TOKEN], redirectUris: [%s/back], flowPolicies: [%s], scopes: [%s]}\n",
			literal(client), p.house.origin("app"), flow, strings.Join(scopes, ", "))
	}
	return []byte(b.String()), nil
}

// act says who signs on before the case begins.
func (p *performance) act(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acting = who
}

// beginSession gives the browser the session of the case, and lets the time pass since.
func (p *performance) beginSession(ctx context.Context) error {
	s := p.scene.Session
	p.act(s.UserID)
	if err := p.ask(opening, connector.Request{}); err != nil {
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

// literal writes a value as JavaScript, which YAML reads too.
func literal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(text)
}
