package authorize

import (
	"errors"
	"net/url"
	"strings"

	"vigil/internal/oidc"
)

// parse reads what a form asks for: by itself, by a pushed request that it names, or by a request object that it holds.
func (e *Endpoint) parse(x *exchange, form url.Values) (fault *oidc.Error) {
	switch {
	case form.Has("request_uri"):
		x.request, fault = e.parsePushed(x, form)
	case form.Has("request"):
		x.request, fault = e.parseObject(x, form)
	default:
		x.asked = oidc.Mode(form.Get("response_mode"))
		x.request, fault = oidc.ParseAuthorize(form)
	}
	return fault
}

// parsePushed takes the request that the client pushed. Nothing else of the form counts.
//
// RFC 9126 4, RFC 9101 6.3.
func (e *Endpoint) parsePushed(x *exchange, form url.Values) (oidc.AuthorizeRequest, *oidc.Error) {
	none := oidc.AuthorizeRequest{}
	switch uris := form["request_uri"]; {
	case len(form["client_id"]) != 1 || len(uris) != 1:
		return none, oidc.Unredirectable(oidc.InvalidRequest("client_id and request_uri must be there once"))
	case form.Has("request"):
		return none, oidc.Unredirectable(oidc.InvalidRequest("request and request_uri must not come together"))
	case !strings.HasPrefix(uris[0], requestURIPrefix):
		return x.outside(form, oidc.NewError(oidc.CodeRequestURINotSupported, "request_uri must be one that was given out by the pushed authorization request endpoint"))
	}
	request, err := e.take(x.r.Context(), x.base, form.Get("request_uri"))
	switch {
	case errors.Is(err, errPushed), err == nil && request.ClientID != form.Get("client_id"):
		return none, oidc.Unredirectable(oidc.NewError(oidc.CodeInvalidRequestURI, "request_uri is unknown, has expired, or belongs to another client"))
	case err != nil:
		return none, oidc.Unredirectable(oidc.ServerError(err))
	}
	return request, nil
}

// parseObject takes the parameters of a request object, and none from outside of it. If the object is of no use, the form says where the
// fault goes.
//
// RFC 9101 5, 6.3.
func (e *Endpoint) parseObject(x *exchange, form url.Values) (oidc.AuthorizeRequest, *oidc.Error) {
	app := x.base.Environment.Application(form.Get("client_id"))
	if app == nil || len(form["client_id"]) != 1 || len(form["request"]) != 1 {
		return oidc.AuthorizeRequest{}, oidc.Unredirectable(oidc.InvalidRequest("client_id and request must be there once, and client_id must be known"))
	}
	object, fault := e.Objects.Read(x.r.Context(), x.base, app, form.Get("request"))
	if fault == nil {
		request, fault := oidc.ParseAuthorize(object.Parameters)
		request.Signed = object.Signed
		return request, fault
	}
	return x.outside(form, fault)
}

// outside reads where the fault of a request object goes: what stands beside it says so, if that is clear.
func (x *exchange) outside(form url.Values, fault *oidc.Error) (oidc.AuthorizeRequest, *oidc.Error) {
	beside := url.Values{}
	for name, values := range form {
		if name != "request" && name != "request_uri" {
			beside[name] = values
		}
	}
	x.asked = oidc.Mode(form.Get("response_mode"))
	request, lost := oidc.ParseAuthorize(beside)
	if lost != nil && !lost.Redirectable {
		return request, oidc.Unredirectable(fault)
	}
	return request, fault
}
