package am

import (
	"net/http"
	"slices"
	"strings"

	"vigil/internal/oidc"
	"vigil/internal/op/discovery"
	"vigil/internal/tenant"
)

// metadata serves the discovery document of a realm, with AM's paths.
func (e *Endpoint) metadata(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	return discovery.New(e.Keys, e.supported(base)).Metadata(w, r, base)
}

// supported is what the server supports, as a realm has it.
func (e *Endpoint) supported(base tenant.Base) discovery.Supported {
	s, realm := e.Supported, base.Realm
	at := func(path string) string {
		if e.oauth["GET "+path] == nil && e.oauth["POST "+path] == nil {
			return ""
		}
		return base.Environment.AM.Context + "/oauth2" + realm.Path() + path
	}
	s.Authorize, s.Token, s.UserInfo, s.JWKS = at("/authorize"), at("/access_token"), at("/userinfo"), at("/connect/jwk_uri")
	s.Introspect, s.Revoke, s.Push, s.Register = at("/introspect"), at("/token/revoke"), at("/par"), at("/register")
	if s.DeviceAuthorization = at(deviceCode); base.Scope() != "" {
		s.DeviceAuthorization = ""
	}
	s.SignOff, s.IDPSignOff, s.CheckSession = at("/connect/endSession"), at("/connect/idpEndSession"), at("/connect/checkSession")
	if !realm.SessionManagement {
		// seed 000: switching session management off takes its endpoints and back-channel logout away.
		s.SignOff, s.IDPSignOff, s.CheckSession, s.Logout = "", "", "", false
	}
	s.ResponseTypes = slices.DeleteFunc(slices.Clone(s.ResponseTypes), func(types string) bool {
		return slices.ContainsFunc(strings.Fields(types), func(t string) bool { return !realm.Serves(t) })
	})
	fronts := slices.ContainsFunc(s.ResponseTypes, func(types string) bool {
		return slices.ContainsFunc(strings.Fields(types), func(t string) bool { return t == "token" || t == "id_token" })
	})
	s.GrantTypes = slices.DeleteFunc(slices.Clone(s.GrantTypes), func(grant string) bool {
		return grant == "implicit" && !fronts || grant == oidc.GrantDeviceCode && s.DeviceAuthorization == ""
	})
	// SDKs that find pi.flow speak PingOne's language with us; AM has no such mode.
	s.ResponseModes = slices.DeleteFunc(slices.Clone(s.ResponseModes), func(mode string) bool { return mode == "pi.flow" })
	return s
}
