package useragent

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"

	"vigil/internal/session"
	"vigil/internal/tenant"
)

// The session token of AM's dialect: the same session and the same secret as ST, sealed under another name, so that neither passes for the
// other. It travels as a cookie, as a header, or in a body, and it goes with the secret of the session.

// nameSSO binds the token to its host, and to its realm as cookieOf does.
func nameSSO(base tenant.Base, scope string) string {
	return "SSO@" + base.Origin + base.Prefix + inScope(scope)
}

func (c Codecs) openSSO(base tenant.Base, value string) (t token, ok bool) {
	return c.openIn(base, base.Scope(), value)
}

func (c Codecs) openIn(base tenant.Base, scope, value string) (t token, ok bool) {
	var plain []byte
	if err := securecookie.DecodeMulti(nameSSO(base, scope), value, &plain, c...); err != nil || len(plain) != session.IDSize+secretSize {
		return token{}, false
	}
	copy(t.id[:], plain)
	copy(t.secret[:], plain[session.IDSize:])
	return t, true
}

// SSOToken is the token of this browser's session as AM's clients hold it. Empty: nobody is signed on.
func (a *Agent) SSOToken() (string, error) {
	if a.Session == nil {
		return "", nil
	}
	sealed, err := securecookie.EncodeMulti(nameSSO(a.Base, a.Base.Scope()), append(a.Session.ID[:], a.secret[:]...), a.codecs...)
	if err != nil {
		return "", fmt.Errorf("seal session token: %w", err)
	}
	return sealed, nil
}

// BroughtSession reports whether the browser sent a session token at all, good or not.
func (a *Agent) BroughtSession() bool { return len(a.tokens)+len(a.sso) > 0 }

// OfToken finds the live session of a token of AM's, wherever it was found. Nil: there is none.
func (a *Agents) OfToken(ctx context.Context, base tenant.Base, value string) (*session.Session, error) {
	t, ok := a.CodecsOf(base.Environment.ID).openSSO(base, value)
	if !ok {
		return nil, nil
	}
	found, err := a.sessionOf(ctx, base, t, a.Now())
	if err != nil || found == nil || !found.HasSecret(t.secret[:]) {
		return nil, err
	}
	return found, nil
}

// WriteSSO gives a browser that is signed on the cookie of AM's clients, where it neither brought it nor is given it by a sign-on.
func (a *Agent) WriteSSO(h http.Header) error {
	if a.Session == nil || a.withheld() || a.wroteSSO {
		return nil
	}
	if len(a.sso) == 1 {
		if t, ok := a.codecs.openSSO(a.Base, a.sso[0]); ok && t.id == a.Session.ID {
			return nil
		}
	}
	life := tenant.PersistentLifetime
	if a.Session.MaxLifetime > 0 {
		life = a.Session.CreatedAt.Add(a.Session.MaxLifetime).Sub(a.Now)
	}
	if a.Session.BrowserBound {
		life = untilExit
	}
	return a.writeSSO(writer{header: h, base: a.Base}, life)
}

// writeSSO goes with ST where the environment speaks AM.
func (a *Agent) writeSSO(w writer, life time.Duration) error {
	am := w.base.Environment.AM
	if am == nil {
		return nil
	}
	sealed, err := a.SSOToken()
	if err != nil {
		return err
	}
	w.add(w.cookieSSO(sealed), life)
	a.wroteSSO = true
	return nil
}

// removeSSO leaves the cookie alone that a later sign-on in another realm has taken: all realms of a host share its name, as in AM.
func (a *Agent) removeSSO(w writer) {
	if w.base.Environment.AM == nil {
		return
	}
	for _, value := range a.sso {
		if a.ofAnotherRealm(value) {
			return
		}
	}
	w.add(w.cookieSSO(""), expired)
}

// ofAnotherRealm reports whether a token was sealed for another realm of this host.
func (a *Agent) ofAnotherRealm(value string) bool {
	here := a.Base.Scope()
	for _, scope := range append([]string{""}, a.Base.Environment.Scopes()...) {
		if _, opens := a.codecs.openIn(a.Base, scope, value); opens && scope != here {
			return true
		}
	}
	return false
}

// cookieSSO bears the name that applications were written for, without a prefix of ours.
func (w writer) cookieSSO(value string) http.Cookie {
	return http.Cookie{Name: w.base.Environment.AM.CookieName, Value: value, Path: w.base.CookiePath(), HttpOnly: true}
}
