package interop

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// goApp is an application with go-oidc and x/oauth2.
type goApp struct {
	*testing.T
	provider *oidc.Provider
	oauth    oauth2.Config
}

func newGoApp(t *testing.T, w *world, id string) *goApp {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), w.origin+"/as")
	if err != nil {
		t.Fatal(err)
	}
	return &goApp{t, provider, oauth2.Config{
		ClientID: id, ClientSecret: secret, Endpoint: provider.Endpoint(), RedirectURL: redirectURI,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}}
}

// signOn has a person sign on, and verifies the ID token.
func (a *goApp) signOn(p *person, options ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken) {
	a.Helper()
	verifier := oauth2.GenerateVerifier()
	asked := a.oauth.AuthCodeURL("the state", append(options, oauth2.S256ChallengeOption(verifier), oidc.Nonce("the nonce"))...)
	back, _ := p.visit(asked, redirectURI)
	if back.Get("state") != "the state" || back.Get("code") == "" {
		a.Fatalf("the answer is %v", back)
	}
	token, err := a.oauth.Exchange(a.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		a.Fatal(err)
	}
	return token, a.verified(token, "the nonce")
}

// verified is the ID token that came with an access token.
func (a *goApp) verified(token *oauth2.Token, nonce string) *oidc.IDToken {
	a.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := a.provider.Verifier(&oidc.Config{ClientID: a.oauth.ClientID}).Verify(a.Context(), raw)
	if err != nil {
		a.Fatalf("%v: %s", err, raw)
	}
	if id.Nonce != nonce {
		a.Errorf("the nonce is %q", id.Nonce)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		a.Error(err)
	}
	return id
}

func (a *goApp) knowsAda(id *oidc.IDToken, source oauth2.TokenSource) {
	a.Helper()
	info, err := a.provider.UserInfo(a.Context(), source)
	if err != nil {
		a.Error(err)
		return
	}
	var claims struct {
		Name string `json:"preferred_username"`
	}
	if err := info.Claims(&claims); err != nil || claims.Name != "ada" || info.Subject != id.Subject || info.Email != "ada@example.com" {
		a.Errorf("userinfo %+v of %q: %v", info, claims.Name, err)
	}
}

func TestApplicationsWithGoOIDCSignOnAndRefresh(t *testing.T) {
	t.Parallel()
	w, _ := newRelyingWorld(t)
	for id, style := range map[string]oauth2.AuthStyle{
		"web": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams, "opaque": oauth2.AuthStyleAutoDetect, "signing": oauth2.AuthStyleInHeader, "public": oauth2.AuthStyleInParams,
	} {
		t.Run(id, func(t *testing.T) {
			a := newGoApp(t, w, id)
			if a.oauth.Endpoint.AuthStyle = style; id == "public" {
				a.oauth.ClientSecret = ""
				a.oauth.Scopes = []string{oidc.ScopeOpenID, "profile", "email"}
			}
			token, one := a.signOn(newPerson(t))
			a.knowsAda(one, oauth2.StaticTokenSource(token))
			if id == "public" {
				return
			}
			stale := *token
			stale.Expiry = time.Now().Add(-time.Minute)
			fresh, err := a.oauth.TokenSource(t.Context(), &stale).Token()
			if err != nil {
				t.Fatal(err)
			}
			if fresh.AccessToken == token.AccessToken || fresh.RefreshToken == token.RefreshToken {
				t.Error("nothing was renewed")
			}
			// OIDC Core 12.2: the nonce is not said again.
			if other := a.verified(fresh, ""); other.Subject != one.Subject {
				t.Errorf("the subject is %q, was %q", other.Subject, one.Subject)
			}
			a.knowsAda(one, oauth2.StaticTokenSource(fresh))
		})
	}
}

func TestAnApplicationWithGoOIDCRefusesTheTokensOfOthers(t *testing.T) {
	t.Parallel()
	w, _ := newRelyingWorld(t)
	a := newGoApp(t, w, "web")
	token, _ := a.signOn(newPerson(t))
	raw, _ := token.Extra("id_token").(string)
	if _, err := a.provider.Verifier(&oidc.Config{ClientID: "post"}).Verify(t.Context(), raw); err == nil || !strings.Contains(err.Error(), "audience") {
		t.Errorf("another's ID token: %v", err)
	}
	if _, err := a.provider.Verifier(&oidc.Config{ClientID: "web"}).VerifyLogout(t.Context(), raw); err == nil {
		t.Error("an ID token is taken for a logout token")
	}
	if _, err := a.oauth.Exchange(t.Context(), "no code", oauth2.VerifierOption(oauth2.GenerateVerifier())); errorCode(err) != "invalid_grant" {
		t.Errorf("a code that was made up: %v", err)
	}
	back, _ := newPerson(t).visit(a.oauth.AuthCodeURL("s", oauth2.SetAuthURLParam("prompt", "none")), redirectURI)
	if back.Get("error") != "login_required" || back.Get("iss") != w.origin+"/as" {
		t.Errorf("nobody is signed on: %v", back)
	}
}

func errorCode(err error) string {
	var told *oauth2.RetrieveError
	if !errors.As(err, &told) {
		return ""
	}
	return told.ErrorCode
}

func TestADeviceWithXOAuth2IsSignedOn(t *testing.T) {
	t.Parallel()
	w, _ := newRelyingWorld(t)
	a := newGoApp(t, w, "tv")
	a.oauth.ClientSecret, a.oauth.Scopes = "", []string{oidc.ScopeOpenID, "profile", "email"}
	a.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	begun, err := a.oauth.DeviceAuth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := newPerson(t)
	p.answers.Set("user_code", begun.UserCode)
	if _, page := p.visit(begun.VerificationURI, ""); !strings.Contains(page, "signed on") {
		t.Fatal(page)
	}
	token, err := a.oauth.DeviceAccessToken(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	a.knowsAda(a.verified(token, ""), oauth2.StaticTokenSource(token))
	if _, err := a.oauth.DeviceAccessToken(t.Context(), begun); errorCode(err) != "invalid_grant" {
		t.Errorf("a device code that was used: %v", err)
	}
}

func TestAServiceWithXOAuth2GetsATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	w, _ := newRelyingWorld(t)
	service := clientcredentials.Config{ClientID: "web", ClientSecret: secret, TokenURL: w.origin + "/as/token", Scopes: []string{"read"}}
	if token, err := service.Token(t.Context()); err != nil || !token.Valid() || token.Type() != "Bearer" {
		t.Errorf("%+v: %v", token, err)
	}
	service.ClientSecret = "another"
	if _, err := service.Token(t.Context()); errorCode(err) != "invalid_client" {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestAnApplicationWithGoOIDCVerifiesTheLogoutTokenOfItsSession(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 8)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.PostFormValue("logout_token") }))
	t.Cleanup(receiver.Close)
	w := newServer(t, provider{host: "127.0.0.1", applications: strings.NewReplacer("SECRET", secret, "REDIRECT", redirectURI, "HERE", receiver.URL).Replace(`
  - {clientId: told, type: WEB_APP, clientSecret: "SECRET", redirectUris: [REDIRECT], scopes: [openid, profile, email, offline_access], backchannelLogoutUri: HERE/told}`)})
	a := newGoApp(t, w, "told")
	_, id := a.signOn(newPerson(t))
	var session struct {
		ID string `json:"sid"`
	}
	if err := id.Claims(&session); err != nil || session.ID == "" {
		t.Fatalf("sid %q: %v", session.ID, err)
	}
	w.endSessions()
	select {
	case raw := <-heard:
		token, err := a.provider.Verifier(&oidc.Config{ClientID: "told"}).VerifyLogout(t.Context(), raw)
		if err != nil || token.SessionID != session.ID || token.Subject != id.Subject {
			t.Errorf("%+v: %v", token, err)
		}
	case <-time.After(time.Minute):
		t.Fatal("no logout token came")
	}
}
