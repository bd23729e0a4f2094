package rehearsal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/authenticator"
)

// passkey is one as an authenticator of the browser takes it: webauthn.Credential without what Chromium refuses to be told of authenticators that
// lack it.
type passkey struct {
	CredentialID         []byte  `json:"credentialId"`
	IsResidentCredential bool    `json:"isResidentCredential"`
	RpID                 string  `json:"rpId"`
	PrivateKey           []byte  `json:"privateKey"`
	UserHandle           []byte  `json:"userHandle"`
	SignCount            float64 `json:"signCount"`
	BackupEligibility    bool    `json:"backupEligibility"`
	BackupState          bool    `json:"backupState"`
}

type addPasskey struct {
	AuthenticatorID webauthn.AuthenticatorID `json:"authenticatorId"`
	Credential      passkey                  `json:"credential"`
}

// authenticator gives the tab one that holds nothing, whose owner has a finger on it.
func (t *tab) authenticator() (webauthn.AuthenticatorID, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if t.key == "" {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return "", fmt.Errorf("enable authenticators: %w", err)
		}
		added, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		if err != nil {
			return "", fmt.Errorf("add an authenticator: %w", err)
		}
		t.key = added.AuthenticatorID
		return t.key, nil
	}
	if _, err := chromedp.Call(ctx, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: t.key}); err != nil {
		return "", fmt.Errorf("empty the authenticator: %w", err)
	}
	return t.key, nil
}

// hold puts the authenticator of somebody into the browser, before a field asks for it. Where the page asks for somebody else's, whoever answers
// all the same has changed the question: that is what the server must not take.
func (p *performance) hold(way *run.PageField, who string) error {
	id, err := p.tab.authenticator()
	if err != nil {
		return err
	}
	stranger := way.Account != nil && way.Account.ID != who
	if way.Type == graph.NewPasskeyField {
		if stranger {
			return p.tab.reword(way.Name, "challenge: 'AAAA'")
		}
		return nil
	}
	if stranger {
		if err := p.tab.reword(way.Name, "allowCredentials: undefined"); err != nil {
			return err
		}
	}
	held := p.passkeys[who]
	if len(held) == 0 {
		forged, err := p.forge(who)
		if err != nil {
			return err
		}
		held = []passkey{forged}
	}
	for _, one := range held {
		ctx, cancel := context.WithTimeout(p.tab.ctx, patience)
		_, err := chromedp.Call(ctx, cdp.Command[addPasskey, cdp.Empty]{Method: webauthn.CommandAddCredential}, addPasskey{id, one})
		cancel()
		if err != nil {
			return fmt.Errorf("give the authenticator a passkey: %w", err)
		}
	}
	return nil
}

// reword changes what the page asks of the authenticator.
func (t *tab) reword(field, change string) error {
	_, err := eval[bool](t, fmt.Sprintf("((b) => { b.dataset.options = JSON.stringify({...JSON.parse(b.dataset.options), %s}); return true; })(document.querySelector('button[data-passkey][value=%s]'))", change, field))
	if err != nil {
		return fmt.Errorf("change what the page asks of the authenticator: %w", err)
	}
	return nil
}

// keep takes what the authenticator holds now: a new passkey, or one that has counted its use.
func (p *performance) keep(way *run.PageField, who string) error {
	ctx, cancel := context.WithTimeout(p.tab.ctx, patience)
	defer cancel()
	held, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: p.tab.key})
	if err != nil {
		return fmt.Errorf("read the passkeys: %w", err)
	}
	if way.Type == graph.PasskeyField && len(p.passkeys[who]) == 0 {
		return nil // it was nobody's
	}
	var now []passkey
	if way.Type == graph.NewPasskeyField {
		now = p.passkeys[who]
	}
	for _, c := range held.Credentials {
		now = append(now, passkey{
			CredentialID: c.CredentialID, IsResidentCredential: true, RpID: c.RpID, PrivateKey: c.PrivateKey, UserHandle: c.UserHandle, SignCount: c.SignCount,
			BackupEligibility: c.BackupEligibility, BackupState: c.BackupState,
		})
	}
	p.passkeys[who] = now
	return nil
}

// forge makes a passkey that the server never saw.
func (p *performance) forge(who string) (passkey, error) {
	one := passkey{CredentialID: make([]byte, 32), IsResidentCredential: true, UserHandle: []byte(who), SignCount: 1}
	_, _ = rand.Read(one.CredentialID)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return one, err
	}
	if one.PrivateKey, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return one, err
	}
	here, err := url.Parse(p.house.origin("sso"))
	if err != nil {
		return one, err
	}
	one.RpID = here.Hostname()
	return one, nil
}

// endow makes somebody's passkey as people do, once for all cases of the house: the next case is given the same.
func (p *performance) endow(ctx context.Context, who string) error {
	known, made := p.house.endowed[who]
	if !made {
		p.act(who)
		if err := p.ask(endowment, connector.Request{}); err != nil {
			return err
		}
		way := run.PageField{Name: "passkey", Type: graph.NewPasskeyField}
		if err := p.press(&way, map[string]string{}, who); err != nil {
			return err
		}
		all, err := p.authenticators().List(ctx, environment, who)
		if err != nil {
			return err
		}
		if len(all) != 1 || len(p.passkeys[who]) != 1 {
			return errors.New("their passkey was not made")
		}
		p.house.endowed[who] = endowed{all[0], p.passkeys[who][0]}
		return nil
	}
	p.passkeys[who] = []passkey{known.passkey}
	_, err := p.authenticators().Add(ctx, environment, who, known.kept)
	return err
}

// endowed is a passkey, with what the server keeps of it.
type endowed struct {
	kept authenticator.Authenticator
	passkey
}
