package authorize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"vigil/internal/flowhost"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/piflow"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// forPage reports whether the answer is JSON for a page of the application (response_mode=pi.flow): such a request is never redirected.
func (x *exchange) forPage() bool {
	return x.request.ResponseMode == oidc.ModePiFlow || x.asked == oidc.ModePiFlow
}

// fromApplication reports whether a request for JSON comes from a page of the application, or from no browser at all.
//
// Fetch, section "Origin header": browsers name the origin with every request that another origin could read.
func fromApplication(r *http.Request, app *tenant.Application) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return app.AllowsOrigin(origin)
	}
	return r.Header.Get("Sec-Fetch-Mode") == ""
}

// sendJSON answers a page.
func sendJSON(w http.ResponseWriter, status int, reply any) error {
	body, err := json.Marshal(reply)
	if err != nil {
		return fmt.Errorf("encode reply: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// place says where a reply stands; i is nil when no form was ever shown.
func (e *Endpoint) place(base tenant.Base, i *flowhost.Interaction) piflow.Place {
	p := piflow.Place{EnvironmentID: base.Environment.ID}
	if i != nil {
		p.InteractionID, p.InteractionToken = i.ID(), e.interactionToken(i.Run, i.Run.Interaction)
		p.FlowID = i.Run.FlowHash[:32]
		p.Next = base.URL("/davinci/connections/" + p.FlowID + "/capabilities/" + piflow.Capability)
	}
	return p
}

// interactionToken is what the page must bring with an answer to the nth form of a run. It can be made again, so nothing of it is stored.
func (e *Endpoint) interactionToken(run *store.Run, n int) string {
	key := e.Secret(run.EnvironmentID, "interaction tokens")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(run.ID[:])
	mac.Write([]byte(strconv.Itoa(n)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// present answers with the form of a run.
func (e *Endpoint) present(x *exchange, i *flowhost.Interaction) error {
	place := e.place(x.base, i)
	var err error
	if place.Leaving = e.Flows.Leaving(x.base, i); len(place.Leaving) > 0 {
		place.Continue = x.base.URL(continuePath)
	}
	if origin, may := x.authenticates(); may {
		if place.Passkeys, err = e.Flows.PasskeyOptions(x.r.Context(), x.base, i, origin); err != nil {
			return err
		}
	}
	return sendJSON(x.w, http.StatusOK, place.Page(i.Page))
}

// authenticates is the origin where a script asks the authenticator, empty for one that cannot read this, and whether it may. Where a domain above
// several hosts has their passkeys, browsers let every page below it ask: those that somebody registered themselves would hand in what is not theirs.
func (x *exchange) authenticates() (origin string, may bool) {
	origin = x.r.Header.Get("Origin")
	switch {
	case x.base.Environment.NamesOrigin(origin):
		return origin, true
	case x.base.Environment.AllowsOrigin(origin):
		return "", false
	default:
		return "", true
	}
}

// succeedPage answers with the parameters of a response.
func (e *Endpoint) succeedPage(x *exchange, response *oidc.Response) error {
	parameters := make(map[string]string, len(response.Params))
	for _, p := range response.Params {
		parameters[p.Name] = p.Value
	}
	return sendJSON(x.w, http.StatusOK, e.place(x.base, x.shown).Success(grant.PublicSessionID(x.agent.Session.ID[:]), parameters))
}

// refusePage answers with a fault. One that a flow came to ends it; one of the request has the details that clients read.
func (e *Endpoint) refusePage(x *exchange, fault *oidc.Error) error {
	e.note(x, fault)
	if x.ran {
		return sendJSON(x.w, http.StatusOK, e.place(x.base, x.shown).Failure(fault.Code, fault.PublicDescription()))
	}
	var id [16]byte
	if _, err := io.ReadFull(e.Random, id[:]); err != nil {
		return fmt.Errorf("name a fault: %w", err)
	}
	return sendJSON(x.w, fault.HTTPStatus(), piflow.Fault(hex.EncodeToString(id[:]), fault.Code, fault.PublicDescription(), fault.HTTPStatus()))
}
