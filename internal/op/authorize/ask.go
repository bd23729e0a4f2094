package authorize

import (
	"vigil/engine/connector"
	"vigil/internal/flowhost"
	"vigil/internal/oidc"
)

// flowhostAsk says what the flow may know of the request; browser comes with what the host read of the user agent.
func (e *Endpoint) flowhostAsk(x *exchange, browser connector.Request) flowhost.Ask {
	request := browser
	request.ClientID = x.request.ClientID
	request.LoginHint = x.request.LoginHint
	request.Scopes = x.wanted()
	request.ACRValues = x.request.ACRValues
	request.MaxAge = x.request.MaxAge
	// OIDC Core 3.1.2.1: prompt=login asks again; max_age=0 is the same wish. A choice of account is offered by signing on anew, and so is a
	// change to the person whom the request names.
	s := x.agent.Session
	request.Reauthenticate = x.request.Prompt.Has(oidc.PromptLogin) || x.request.Prompt.Has(oidc.PromptSelectAccount) ||
		x.request.HasMaxAge && x.request.MaxAge == 0 || s != nil && e.another(x, s.EnvironmentID, s.UserID)
	return flowhost.Ask{
		Flow: flowOf(&x.request, x.app, x.base.Environment), Request: request, Application: x.app.Name,
	}
}
