package piflow

import (
	"encoding/json"
	"net/http"

	"vigil/engine/run"
)

// Place says where in which flow a reply stands.
type Place struct {
	InteractionID, InteractionToken string
	EnvironmentID, FlowID           string
	Next                            string // address of the next step
	// Passkeys are the options for navigator.credentials by field, as JSON with base64url for bytes.
	Passkeys map[string]json.RawMessage
	// Leaving are the addresses at which a browser leaves for other providers, by field; Continue is where it is told that it came back.
	Leaving  map[string]string
	Continue string
}

// The names that PingOne's own replies give to a page of a flow.
const (
	connectorID = "httpConnector"
	// Capability is the last part of the address of a step.
	Capability = "customForm"
)

type href struct {
	Href string `json:"href"`
}

type links struct {
	Next     *href `json:"next,omitempty"`
	Continue *href `json:"continue,omitempty"`
}

// head is common to replies.
type head struct {
	InteractionID  string `json:"interactionId,omitempty"`
	CompanyID      string `json:"companyId,omitempty"`
	ConnectionID   string `json:"connectionId,omitempty"`
	ConnectorID    string `json:"connectorId,omitempty"`
	ID             string `json:"id,omitempty"`
	CapabilityName string `json:"capabilityName,omitempty"`
}

func (p Place) head(page run.Page) head {
	return head{p.InteractionID, p.EnvironmentID, p.FlowID, connectorID, page.Node, Capability}
}

func (p Place) links() links {
	all := links{Next: &href{p.Next}}
	if p.Continue != "" {
		all.Continue = &href{p.Continue}
	}
	return all
}

// Page is the reply that shows a form.
func (p Place) Page(page run.Page) any {
	form, values := p.formOf(page)
	return p.show(p.head(page), form, values)
}

// show is the reply with a form and what stands in it.
func (p Place) show(h head, form form, values map[string]any) any {
	type formData struct {
		Value map[string]any `json:"value"`
	}
	return struct {
		head
		InteractionToken string   `json:"interactionToken"`
		Links            links    `json:"_links"`
		EventName        string   `json:"eventName"`
		Compatible       bool     `json:"isResponseCompatibleWithMobileAndWebSdks"`
		FlowID           string   `json:"flowId"`
		FormData         formData `json:"formData"`
		Form             any      `json:"form"`
	}{h, p.InteractionToken, p.links(), "continue", true, p.FlowID, formData{values}, form}
}

// Pending is the reply to a client that looked too early: it keeps the form that it shows.
func (p Place) Pending(page run.Page) any {
	return struct {
		head
		InteractionToken string `json:"interactionToken"`
		Links            links  `json:"_links"`
		EventName        string `json:"eventName"`
	}{p.head(page), p.InteractionToken, p.links(), "rewindStateToLastRenderedUI"}
}

// Success is the reply that ends a flow well. Response holds the parameters of the authorization response.
func (p Place) Success(sessionID string, response map[string]string) any {
	type named struct {
		ID string `json:"id"`
	}
	return struct {
		InteractionID    string            `json:"interactionId,omitempty"`
		InteractionToken string            `json:"interactionToken,omitempty"`
		Links            links             `json:"_links"`
		Status           string            `json:"status"`
		Success          bool              `json:"success"`
		ResetCookie      bool              `json:"resetCookie"`
		Session          named             `json:"session"`
		Environment      named             `json:"environment"`
		Response         map[string]string `json:"authorizeResponse"`
	}{p.InteractionID, p.InteractionToken, links{}, "COMPLETED", true, true, named{sessionID}, named{p.EnvironmentID}, response}
}

// Failure is the reply that ends a flow badly: its status is 200, since the flow itself said so and nothing can be sent again.
func (p Place) Failure(code, message string) any {
	type environment struct {
		ID string `json:"id"`
	}
	type fault struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	return struct {
		Environment environment `json:"environment"`
		Status      string      `json:"status"`
		Error       fault       `json:"error"`
	}{environment{p.EnvironmentID}, "FAILED", fault{code, message}}
}

// detail is one thing that was wrong with an answer.
type detail struct {
	Code    string `json:"code"`
	Target  string `json:"target,omitempty"`
	Message string `json:"message"`
}

type rawResponse struct {
	ID      string   `json:"id"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []detail `json:"details"`
}

type rawDetail struct {
	RawResponse rawResponse `json:"rawResponse"`
	StatusCode  int         `json:"statusCode"`
}

// invalidData is the code under which clients look for the fields at fault.
const invalidData = "INVALID_DATA"

// Refused is the reply to an answer that may be given again under the same token; its status is 400. False: nothing on the page says so.
func (p Place) Refused(page run.Page) (reply any, refused bool) {
	message, details := page.Message, []detail{}
	for _, f := range page.Fields {
		if f.Message == "" {
			continue
		}
		code := "INVALID_VALUE"
		if f.Problem == run.Missing {
			code = "REQUIRED_VALUE"
		}
		details = append(details, detail{code, f.Name, f.Message})
		if message == "" {
			message = f.Message
		}
	}
	if message == "" {
		return nil, false
	}
	return refusal(p.head(page), message, details), true
}

func refusal(h head, message string, details []detail) any {
	return struct {
		head
		ErrorCategory string      `json:"errorCategory"`
		Code          string      `json:"code"`
		Cause         any         `json:"cause"`
		Expected      bool        `json:"expected"`
		Message       string      `json:"message"`
		Status        int         `json:"httpResponseCode"`
		Details       []rawDetail `json:"details"`
	}{
		h, "InvalidData", invalidData, nil, true, message, http.StatusBadRequest,
		[]rawDetail{{rawResponse{h.InteractionID, invalidData, message, details}, http.StatusBadRequest}},
	}
}

// NotUnderstood is the reply to a step that is no answer at all; its status is 400.
func (p Place) NotUnderstood(message string) any {
	return refusal(head{InteractionID: p.InteractionID, CompanyID: p.EnvironmentID}, message, []detail{})
}

// Unauthorized ends the flow for a client whose token is not good; its status is 401.
func Unauthorized() any {
	return struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Success bool   `json:"success"`
		Status  int    `json:"httpResponseCode"`
	}{1999, "Unauthorized!", false, http.StatusUnauthorized}
}

// TimedOut ends a flow that waited too long; its status is 400.
func TimedOut() any {
	return struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Success bool   `json:"success"`
		Status  int    `json:"httpResponseCode"`
	}{"requestTimedOut", "The sign-on took too long.", false, http.StatusBadRequest}
}

// Fault is the reply to an authorization request that is refused; its status is that of the fault. Clients read the first of its details.
func Fault(id, code, message string, status int) any {
	return struct {
		ID      string   `json:"id"`
		Code    string   `json:"code"`
		Message string   `json:"message"`
		Status  int      `json:"httpResponseCode"`
		Details []detail `json:"details"`
	}{id, code, message, status, []detail{{Code: code, Message: message}}}
}
