package rehearsal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/internal/authenticator"
	"vigil/internal/directory"
	"vigil/internal/external"
	"vigil/internal/store/kv"
)

// settle puts the people of a case into the directory, with what they own.
func (p *performance) settle(ctx context.Context) error {
	for i := range p.scene.People {
		one := &p.scene.People[i]
		err := p.add(ctx, one)
		if err == nil {
			err = p.furnish(ctx, one)
		}
		if err != nil {
			return fmt.Errorf("add %s: %w", one.Account.ID, err)
		}
	}
	return nil
}

// add adds somebody, with a password that the directory would let nobody choose if need be: cases are about people who are there already.
func (p *performance) add(ctx context.Context, one *flowtest.Person) error {
	a := one.Account
	u := directory.User{
		ID: a.ID, EnvironmentID: environment, Username: a.Username, Email: a.Email, EmailVerified: a.EmailVerified, GivenName: a.GivenName,
		FamilyName: a.FamilyName, Phone: a.Phone, Enabled: a.Enabled || one.Passkey, Groups: a.Groups, Attributes: a.Attributes, MustChangePassword: one.MustChange,
	}
	var err error
	if one.Password != "" {
		if u.PasswordHash, err = p.server.Directory.Passwords.Hash(ctx, one.Password); err != nil {
			return err
		}
	}
	_, err = p.server.Directory.Add(ctx, u, "")
	return err
}

// furnish gives somebody what they own. The passkey comes first: whoever has a second factor must show it to get another.
func (p *performance) furnish(ctx context.Context, one *flowtest.Person) error {
	a, owned := one.Account, p.authenticators()
	if one.Passkey {
		if err := p.endow(ctx, a.ID); err != nil {
			return err
		}
		if !a.Enabled {
			if _, err := p.server.Directory.SetEnabled(ctx, environment, a.ID, false); err != nil {
				return err
			}
		}
	}
	if one.TOTP {
		secret := sha256.Sum256([]byte("app of " + a.ID))
		if _, err := owned.Add(ctx, environment, a.ID, authenticator.Authenticator{Kind: builtin.KindTOTP, Name: "Authenticator app", Data: secret[:20]}); err != nil {
			return err
		}
	}
	if len(one.Recovery) > 0 {
		if _, err := owned.Add(ctx, environment, a.ID, authenticator.Authenticator{Kind: builtin.KindRecovery, Name: "Recovery codes", Data: p.digests(one)}); err != nil {
			return err
		}
	}
	links := external.Service{KV: p.server.Directory.Store}
	for _, name := range one.External {
		identity := builtin.Identity{Provider: name, Issuer: (&provider{performance: p, name: name}).issuer(), Subject: a.ID}
		if err := links.Link(ctx, environment, a.ID, identity, p.clock()); err != nil {
			return err
		}
	}
	return nil
}

// digests are recovery codes as the server keeps them.
func (p *performance) digests(one *flowtest.Person) []byte {
	key := p.server.Keys.Secret(environment, "recovery codes")
	var all []byte
	for _, code := range one.Recovery {
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte(one.Account.ID + "\x00" + strings.ReplaceAll(code, "-", "")))
		all = append(all, mac.Sum(nil)[:16]...)
	}
	return all
}

func (p *performance) authenticators() *authenticator.Store {
	return &authenticator.Store{
		KV: p.server.Directory.Store, Secret: p.server.Keys.Secret, Now: p.clock, Random: rand.Reader,
		Guard: func(kv.Reader, string, string) error { return nil },
	}
}

// appSecret is that of the authenticator app being set up on the page, or of somebody's. Who may be empty where one person has an app.
func (p *performance) appSecret(who string) ([]byte, error) {
	if who == "" {
		if shown, err := p.tab.look(); err != nil {
			return nil, err
		} else if shown.QR && len(shown.Lines) > 0 {
			return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(shown.Lines[0], " ", ""))
		}
	}
	for i := range p.scene.People {
		id := p.scene.People[i].Account.ID
		if who != "" && who != id {
			continue
		}
		all, err := p.authenticators().List(p.house.ctx, environment, id)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(all, func(a authenticator.Authenticator) bool { return a.Kind == builtin.KindTOTP }); at >= 0 {
			return all[at].Data, nil
		}
	}
	return nil, errors.New("nobody has an authenticator app at the server")
}

// standIns let the case answer in the place of capabilities, as it does on the stage, and locked accounts be locked.
func (p *performance) standIns(all []connector.Capability) []connector.Capability {
	all = append(slices.Clone(all), p.props()...)
	for i := range all {
		c := all[i]
		all[i].Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
			result, told, err := p.scene.Answer(c, call)
			switch {
			case told:
			case c.Name == "user.checkPassword" && p.locked(call):
				result = connector.Result{Outcome: "locked"}
			case c.Name == "deviceCode.check":
				result, err = c.Run(ctx, p.typed(call))
				result = p.found(result)
			default:
				result, err = c.Run(ctx, call)
			}
			p.noteLink(call, result)
			if told || strings.HasPrefix(c.Name, "rehearsal.") {
				result = p.asHere(ctx, result)
			}
			return result, err
		}
	}
	return all
}

// noteLink remembers where a link leads that was made.
func (p *performance) noteLink(call connector.Call, result connector.Result) {
	if call.Opens == nil {
		return
	}
	url, _ := result.Output["url"].(connector.SecretValue)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[call.Opens.Part] = url.Reveal()
}

// locked: the name is that of somebody who is locked in the file.
func (p *performance) locked(call connector.Call) bool {
	typed, _ := call.Inputs["username"].(string)
	return slices.ContainsFunc(p.scene.People, func(one flowtest.Person) bool {
		return one.Locked && (strings.EqualFold(one.Account.Username, typed) || one.Account.Email != "" && strings.EqualFold(one.Account.Email, typed))
	})
}

// asHere puts the accounts of this directory in the place of the stage's: they are in another epoch.
func (p *performance) asHere(ctx context.Context, result connector.Result) connector.Result {
	output := map[string]any{}
	for name, value := range result.Output {
		switch v := value.(type) {
		case connector.AccountValue:
			v.Epoch = p.epoch(ctx, v.ID)
			value = v
		case connector.UserValue:
			v.Epoch = p.epoch(ctx, v.ID)
			value = v
		}
		output[name] = value
	}
	result.Output = output
	return result
}

func (p *performance) epoch(ctx context.Context, id string) uint64 {
	u, err := p.server.Directory.ByID(ctx, environment, id)
	if err != nil {
		return 0
	}
	return u.Epoch
}
