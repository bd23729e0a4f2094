package chromium

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is one that a tab has built in: it holds passkeys and answers at once, as if its owner gave a finger.
type Authenticator struct {
	tab *Tab
	id  webauthn.AuthenticatorID
}

// Authenticator gives the tab an authenticator without passkeys.
func (tab *Tab) Authenticator() *Authenticator {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		tab.fail("enable authenticators: %v", err)
	}
	added, err := chromedp.Call(tab.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		tab.fail("add an authenticator: %v", err)
	}
	return &Authenticator{tab: tab, id: added.AuthenticatorID}
}

// Owned sets whether whoever uses it can show to be its owner.
func (a *Authenticator) Owned(owned bool) {
	a.tab.t.Helper()
	if _, err := chromedp.Call(a.tab.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: owned}); err != nil {
		a.tab.fail("set who uses the authenticator: %v", err)
	}
}

// Passkeys gives those that it holds.
func (a *Authenticator) Passkeys() []*webauthn.Credential {
	a.tab.t.Helper()
	held, err := chromedp.Call(a.tab.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	if err != nil {
		a.tab.fail("read the passkeys: %v", err)
	}
	return held.Credentials
}

// Replace puts a passkey in the place of the one with its id, such as a copy made earlier.
func (a *Authenticator) Replace(passkey *webauthn.Credential) {
	a.tab.t.Helper()
	remove := webauthn.RemoveCredentialParams{AuthenticatorID: a.id, CredentialID: passkey.CredentialID}
	if _, err := chromedp.Call(a.tab.ctx, webauthn.RemoveCredential, remove); err != nil {
		a.tab.fail("remove a passkey: %v", err)
	}
	add := addPasskey{AuthenticatorID: a.id, Credential: plainPasskey{
		CredentialID: passkey.CredentialID, IsResidentCredential: true, RpID: passkey.RpID, PrivateKey: passkey.PrivateKey, UserHandle: passkey.UserHandle,
		SignCount: passkey.SignCount, BackupEligibility: passkey.BackupEligibility, BackupState: passkey.BackupState,
	}}
	if _, err := chromedp.Call(a.tab.ctx, cdp.Command[addPasskey, cdp.Empty]{Method: webauthn.CommandAddCredential}, add); err != nil {
		a.tab.fail("add a passkey: %v", err)
	}
}

// addPasskey is webauthn.AddCredentialParams without what Chromium refuses to be told of authenticators that lack it.
type addPasskey struct {
	AuthenticatorID webauthn.AuthenticatorID `json:"authenticatorId"`
	Credential      plainPasskey             `json:"credential"`
}

type plainPasskey struct {
	CredentialID         []byte  `json:"credentialId"`
	IsResidentCredential bool    `json:"isResidentCredential"`
	RpID                 string  `json:"rpId"`
	PrivateKey           []byte  `json:"privateKey"`
	UserHandle           []byte  `json:"userHandle"`
	SignCount            float64 `json:"signCount"`
	BackupEligibility    bool    `json:"backupEligibility"`
	BackupState          bool    `json:"backupState"`
}
