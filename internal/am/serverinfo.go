package am

import (
	"net/http"

	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// highestServerInfo is the latest version of the resource that is spoken.
const highestServerInfo = 2

// serverInfo serves GET …/serverinfo/*: what sign-on pages ask before anything else, above all the name of the session cookie.
func (e *Endpoint) serverInfo(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if done, err := negotiate(w, r, highestServerInfo); done || err != nil {
		return err
	}
	realm := tenant.RootRealm
	if base.Realm != nil {
		realm = base.Realm.Name
	}
	return send(w, http.StatusOK, struct {
		Domains        []string `json:"domains"`
		CookieName     string   `json:"cookieName"`
		SecureCookie   bool     `json:"secureCookie"`
		CookieSameSite string   `json:"cookieSamesite"`
		Password       string   `json:"forgotPassword"`
		Username       string   `json:"forgotUsername"`
		KBA            string   `json:"kbaEnabled"`
		Registration   string   `json:"selfRegistration"`
		Social         []string `json:"socialImplementations"`
		Realm          string   `json:"realm"`
	}{
		[]string{}, base.Environment.AM.CookieName, true, useragent.SameSite(base), "false", "false", "false", "false", []string{}, realm,
	})
}

// cookieDomains serves GET …/serverinfo/cookieDomains: every cookie is for this host alone, so there is none.
func (e *Endpoint) cookieDomains(w http.ResponseWriter, r *http.Request, _ tenant.Base) error {
	if done, err := negotiate(w, r, highestServerInfo); done || err != nil {
		return err
	}
	return send(w, http.StatusOK, map[string][]string{"domains": {}})
}
