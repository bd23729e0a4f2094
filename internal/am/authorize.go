package am

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vigil/internal/oidc"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// maxForm bounds a request by POST, in bytes.
const maxForm = 64 << 10

// authorize hands requests to the authorization endpoint. Those for response_type=none, by which applications ask whether the session of an ID
// token lives, are answered in AM's words.
func (e *Endpoint) authorize(core web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		switch err := r.ParseForm(); {
		case err == nil && r.Form.Get("response_mode") == string(oidc.ModePiFlow) && base.Scope() != "":
			return oidc.InvalidRequest("response_mode pi.flow is not served in this realm")
		case err != nil || r.Form.Get("response_type") != "none":
			return core(w, r, base)
		}
		if useragent.FromElsewhere(r, base) {
			// Cookies that are SameSite=Lax stay at home on a POST of another site; they come with the GET.
			return web.Redirect(w, r, base.URL(r.URL.Path)+"?"+r.Form.Encode())
		}
		return e.checkBySession(core, w, r, base)
	}
}

// checkBySession serves response_type=none.
func (e *Endpoint) checkBySession(core web.Handler, w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	asked := r.Clone(r.Context())
	if !asked.Form.Has("scope") {
		asked.Form.Set("scope", "openid") // seed 000: the documented request has none
	}
	asked.Form.Del("response_mode") // seed 000: what there is to say goes into the query
	asked.Header.Set("Accept", "application/json")
	out := &plainRedirect{ResponseWriter: w}
	if !asked.Form.Has("request") && !asked.Form.Has("request_uri") {
		// RFC 9101 6.3, RFC 9126 4: what stands beside such a request counts for nothing, and nobody has checked it.
		out.to, out.state = asked.Form.Get("redirect_uri"), asked.Form.Get("state")
	}
	err := core(out, asked, base)
	refused := (*oidc.Error)(nil)
	if !errors.As(err, &refused) || strings.Contains(r.Header.Get("Accept"), "application/json") {
		return err
	}
	// seed 000: "Return HTTP 400 Bad Request and redirect to a page that displays a message".
	title, message := "The application sent a request that cannot be answered", sentence(describe(refused.Code, refused.PublicDescription()))
	if refused.Code == oidc.CodeLoginRequired {
		title, message = "Login required", "Login required. "+message
	}
	var origins []string
	if app := base.Environment.Application(asked.Form.Get("client_id")); app != nil && asked.Form.Get("redirect_uri") == "" {
		origins = app.Origins() // the page is the answer, in the application's hidden frame as elsewhere
	}
	return e.Pages.FailFramed(w, base, http.StatusBadRequest, templates.ErrorPage{Title: title, Message: message}, origins)
}

// describe gives AM's words for an error.
func describe(code, otherwise string) string {
	if code == oidc.CodeLoginRequired {
		return "The request requires login."
	}
	return otherwise
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// plainRedirect translates redirects to an application: nothing is added when the session lives, and an error is spelled as AM does when not.
type plainRedirect struct {
	http.ResponseWriter
	to, state string
}

// WriteHeader implements http.ResponseWriter.
func (p *plainRedirect) WriteHeader(status int) {
	location := p.Header().Get("Location")
	if rest, ours := strings.CutPrefix(location, p.to); p.to != "" && location != "" && ours {
		p.Header().Set("Location", p.translate(strings.TrimLeft(rest, "?&")))
	}
	p.ResponseWriter.WriteHeader(status)
}

// translate spells what goes to the application.
//
// seed 000: "Redirect to redirect_uri with no content"; "…?error_description=The%20request%20requires%20login.&error=login_required".
func (p *plainRedirect) translate(query string) string {
	answer, err := url.ParseQuery(query)
	if err != nil || !answer.Has("error") {
		return p.to
	}
	code := answer.Get("error")
	said := "error_description=" + escape(describe(code, answer.Get("error_description"))) + "&error=" + escape(code)
	if p.state != "" {
		said += "&state=" + escape(p.state)
	}
	if strings.Contains(p.to, "?") {
		return p.to + "&" + said
	}
	return p.to + "?" + said
}

// escape spells a space as %20, as AM does.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
