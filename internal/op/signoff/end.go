package signoff

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"vigil/iframe"
	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/web"
	"vigil/templates"
)

// patience is how long a person waits, at most, for applications to be told: half of it for their servers and half for their pages, where
// there are pages.
const patience = 2 * time.Second

// end ends the session of this browser, if there is one, and says so. Where a planted token hides which one it is, all of them end.
func (e *Endpoint) end(x *exchange, leave bool) error {
	f := farewell{leave: leave}
	if s := x.agent.Session; s != nil {
		f.frames = frames(x.base, s)
		var err error
		if f.incomplete, err = e.endSession(x, s.ID, len(f.frames) > 0); err != nil {
			return err
		}
	}
	disputed, err := e.Agents.Disputed(x.r.Context(), x.agent)
	if err != nil {
		return err
	}
	for _, s := range disputed {
		untold, err := e.endSession(x, s.ID, false)
		if err != nil {
			return err
		}
		f.incomplete = f.incomplete || untold
	}
	x.agent.SignOff(x.w.Header())
	return e.say(x, f)
}

// endSession ends a session and makes the first attempt at telling those who joined it. Incomplete: somebody was not told.
func (e *Endpoint) endSession(x *exchange, id session.ID, framed bool) (incomplete bool, err error) {
	ending := e.Agents.Sessions.Ending(store.SignedOff, x.agent.Now)
	ended, err := e.Agents.Sessions.End(x.r.Context(), id, ending)
	if err != nil || ended == nil {
		return false, err
	}
	wait := patience
	if framed {
		wait /= 2
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), wait)
	defer cancel()
	return !e.Notices.Tell(ctx, ended, ending), nil
}

// frames are the pages of applications that hear of the end in the browser.
//
// OIDC Front-Channel Logout 2, 3: iss and sid are added to the query of the registered address.
func frames(base tenant.Base, s *session.Session) []string {
	var pages []string
	for _, clientID := range s.Applications {
		if app := base.Environment.Application(clientID); app != nil && app.FrontchannelLogoutURI != "" {
			pages = append(pages, withQuery(app.FrontchannelLogoutURI, "iss", base.For(app).Issuer(), "sid", grant.PublicSessionID(s.ID[:])))
		}
	}
	return pages
}

// farewell is what the person sees afterwards.
type farewell struct {
	leave      bool     // they go where the request says
	incomplete bool     // somebody was not told
	frames     []string // what is loaded on the way
}

// say answers a sign-off that happened.
func (e *Endpoint) say(x *exchange, f farewell) error {
	switch {
	case wantsJSON(x.r):
		x.w.Header().Set("Cache-Control", "no-store")
		x.w.WriteHeader(http.StatusNoContent)
		return nil
	case len(f.frames) > 0:
		return e.sayInFrames(x, f)
	case f.leave:
		return web.Redirect(x.w, x.r, x.request.returnTo())
	}
	page := templates.SignedOffPage{Page: web.Frame(x.base), Incomplete: f.incomplete, Continue: x.onward()}
	if x.app != nil {
		page.Application = x.app.Name
	}
	return web.Show(x.w, http.StatusOK, templates.ContentSecurityPolicy, func(out io.Writer) error { return e.Pages.Templates.SignedOff(out, page) })
}

// onward is where a person may go who is not sent there: to the address of the request, which is a registered one, else to the application.
//
// OIDC RP-Initiated Logout 2: nobody is redirected on the word of a stranger; a person may follow a link.
func (x *exchange) onward() (way templates.Link) {
	if x.app != nil {
		way.Label, way.URL = x.app.Name, x.app.HomePageURL
	}
	if strings.HasPrefix(x.request.redirectURI, "http") { // a native application's is no link of a page
		way.URL = x.request.returnTo()
	}
	return way
}

// sayInFrames shows the page that loads the pages of applications.
func (e *Endpoint) sayInFrames(x *exchange, f farewell) error {
	page := templates.SigningOffPage{Page: web.Frame(x.base), Incomplete: f.incomplete, Frames: f.frames, Patience: patience / 2}
	if x.app != nil {
		page.Application = x.app.Name
	}
	if f.leave {
		page.Onward = x.request.returnTo()
	}
	var origins []string
	for _, address := range f.frames {
		origin, err := iframe.Origin(address)
		if err != nil {
			return err
		}
		origins = append(origins, origin)
	}
	return web.Show(x.w, http.StatusOK, templates.SigningOffPolicy(origins), func(out io.Writer) error { return e.Pages.Templates.SigningOff(out, page) })
}
