package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// application is who the agent signs people on for.
type application struct{ id, secret, scope string }

var (
	spa = &application{id: "spa", scope: "openid"}
	// web refreshes and introspects.
	web = &application{id: "web", secret: "a secret of the bench's", scope: "openid offline_access"}
)

const (
	redirectURI = "https://spa.example.com/callback"
	verifier    = "a-verifier-that-is-longer-than-forty-three-characters"
)

// request is what an application asks authorize for; pairs are further parameters.
func (p *application) request(pairs ...string) url.Values {
	challenge := sha256.Sum256([]byte(verifier))
	asked := url.Values{
		"client_id": {p.id}, "response_type": {"code"}, "scope": {p.scope}, "state": {"st"}, "nonce": {"no"}, "redirect_uri": {redirectURI},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	for i := 0; i < len(pairs); i += 2 {
		asked.Set(pairs[i], pairs[i+1])
	}
	return asked
}

func (p *application) path(pairs ...string) string {
	return "/as/authorize?" + p.request(pairs...).Encode()
}

// as makes the agent act for an application from now on.
func as(p *application) func(*agent) error {
	return func(a *agent) error { a.app = p; return nil }
}

// post sends a form as the application, and reads the JSON that it wants with a status.
func (a *agent) post(path string, form url.Values, want int, into any) error {
	form.Set("client_id", a.app.id)
	if a.app.secret != "" {
		form.Set("client_secret", a.app.secret)
	}
	status, _, body, err := a.send(http.MethodPost, path, form)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil || status != want {
		return fmt.Errorf("%s: %d %s", path, status, body)
	}
	return nil
}

func (a *agent) token(form url.Values) error {
	a.tokens = tokens{}
	return a.post("/as/token", form, http.StatusOK, &a.tokens)
}

// refresh takes new tokens for the refresh token, a new one of it among them.
func (a *agent) refresh() error {
	before := a.Refresh
	if err := a.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {before}}); err != nil {
		return err
	}
	if a.Refresh == "" || a.Refresh == before {
		return fmt.Errorf("the refresh token was not rotated")
	}
	return nil
}

// introspect asks what the access token is worth.
func (a *agent) introspect() error {
	var said struct{ Active bool }
	if err := a.post("/as/introspect", url.Values{"token": {a.Access}}, http.StatusOK, &said); err != nil {
		return err
	}
	if !said.Active {
		return fmt.Errorf("the access token is not active")
	}
	return nil
}

// push sends a request ahead (RFC 9126).
func (a *agent) push() error {
	var pushed struct {
		URI string `json:"request_uri"`
	}
	return a.post("/as/par", a.app.request(), http.StatusCreated, &pushed)
}

// interaction is a step of a flow as an application sees it that shows its own forms.
type interaction struct {
	ID    string                               `json:"interactionId"`
	Token string                               `json:"interactionToken"`
	Node  string                               `json:"id"`
	Links struct{ Next struct{ Href string } } `json:"_links"`
}

// openForm begins a sign-on whose forms come as JSON.
func (a *agent) openForm() error {
	r, err := http.NewRequest(http.MethodGet, "http://"+a.server.address+a.app.path("response_mode", "pi.flow"), http.NoBody)
	if err != nil {
		return err
	}
	body, err := a.form(r, http.StatusOK)
	if err != nil {
		return err
	}
	a.step = interaction{}
	if err := json.Unmarshal(body, &a.step); err != nil || !strings.Contains(a.step.Links.Next.Href, "/davinci/") {
		return fmt.Errorf("no form: %.300s", body)
	}
	return nil
}

// answerForm answers the form so that it comes again, with a message: the same step goes on.
func (a *agent) answerForm() error {
	u, err := url.Parse(a.step.Links.Next.Href)
	if err != nil {
		return err
	}
	sent, err := json.Marshal(map[string]any{
		"id": a.step.Node, "eventName": "continue", "interactionId": a.step.ID,
		"parameters": map[string]any{"eventType": "action", "data": map[string]any{"actionKey": "again", "formData": map[string]any{}}},
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+a.server.address+u.RequestURI(), bytes.NewReader(sent))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("interactionId", a.step.ID)
	r.Header.Set("interactionToken", a.step.Token)
	body, err := a.form(r, http.StatusBadRequest)
	if err == nil && !bytes.Contains(body, []byte("Once more.")) {
		err = fmt.Errorf("not the form again: %.300s", body)
	}
	return err
}

// form sends a request as the page of an application does, and wants an answer with a status.
func (a *agent) form(r *http.Request, want int) ([]byte, error) {
	r.Host = host
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Origin", "https://spa.example.com")
	response, err := a.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != want {
		err = fmt.Errorf("%s: %d %.300s", r.URL.Path, response.StatusCode, body)
	}
	return body, err
}

// signOffByPage ends the session where the provider asks by a page that sends itself.
func (a *agent) signOffByPage() error {
	_, _, page, err := a.send(http.MethodGet, "/as/signoff?id_token_hint="+a.ID+"&post_logout_redirect_uri="+url.QueryEscape("https://spa.example.com/bye"), nil)
	if err != nil {
		return err
	}
	found := hiddenInput.FindSubmatch(page)
	if found == nil {
		return fmt.Errorf("no page to confirm: %.200s", page)
	}
	_, location, _, err := a.send(http.MethodPost, "/as/signoff/confirm", url.Values{string(found[1]): {string(found[2])}, "logout": {"yes"}})
	if err == nil && location != "https://spa.example.com/bye" {
		err = fmt.Errorf("sign-off led to %q", location)
	}
	return err
}
