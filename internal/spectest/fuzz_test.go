package spectest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// exposed is a whole provider for requests that nobody wrote, with a browser in which ada is signed on.
func exposed(f *testing.F) *world {
	f.Helper()
	w := newWorld(f)
	w.apps = []app{
		{"spa", []string{"opSessionCheckEnabled=true", "supportUnsignedRequestObject=true", "jwks=" + w.jwks(), "grantTypes=[AUTHORIZATION_CODE, REFRESH_TOKEN, IMPLICIT]", "responseTypes=[CODE, ID_TOKEN, TOKEN, NONE]"}},
		{"web", []string{"type=WEB_APP", "tokenEndpointAuthMethod=CLIENT_SECRET_BASIC", "clientSecret=a-secret-that-nobody-guesses-at-all", "grantTypes=[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE]"}},
	}
	w.start()
	w.signOn("ada", "spa", nil)
	return w
}

// serve lets the provider answer outside of the world, which a fuzz target must not touch.
func serve(w *world, cookies []*http.Cookie, r *http.Request) *httptest.ResponseRecorder {
	for _, c := range cookies {
		r.AddCookie(c)
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	return answer
}

// sane holds what every answer holds: it is no fault of the provider, and leads to it or to an address that is registered.
func sane(t *testing.T, answer *httptest.ResponseRecorder, allowed ...string) {
	t.Helper()
	if answer.Code >= http.StatusInternalServerError && answer.Code != http.StatusServiceUnavailable {
		t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
	for name, values := range answer.Header() {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n") {
				t.Errorf("%s breaks its line: %q", name, v)
			}
		}
	}
	location := answer.Header().Get("Location")
	if location == "" {
		return
	}
	u, err := url.Parse(location)
	if err != nil {
		t.Fatalf("location %q: %v", location, err)
	}
	u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
	if u.Host == issuerHost || u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "//") {
		return
	}
	for _, a := range allowed {
		if u.String() == a {
			return
		}
	}
	t.Errorf("leads to %q", location)
}

// signedOnCookies are what ada's browser holds.
func signedOnCookies(w *world) []*http.Cookie {
	var cookies []*http.Cookie
	for _, name := range w.current.names(w.clock.now()) {
		cookies = append(cookies, &http.Cookie{Name: name, Value: w.current.cookies[name].value})
	}
	return cookies
}

func FuzzTheAuthorizationEndpoint(f *testing.F) {
	w := exposed(f)
	cookies := signedOnCookies(w)
	usual := w.query("spa", nil)
	for _, extra := range []string{
		"", "prompt=none", "prompt=none response_type=code+id_token+token", "response_mode=form_post", "response_mode=fragment.jwt prompt=none", "response_mode=pi.flow",
		"inside=ES256", "inside=none", "max_age=0 acr_values=a+b ui_locales=de display=page login_hint=ada", "redirect_uri=https://spa.example.com@evil.example.com/callback",
		`claims={"id_token":{"acr":{"essential":true}}}`, "hint=spa prompt=none", "redirect_uri=https://spa.example.com/callback%0d%0aX:+y",
	} {
		f.Add(w.query("spa", strings.Fields(extra)).Encode(), false)
		f.Add(w.query("spa", strings.Fields(extra)).Encode(), true)
	}
	sealed := url.Values{"client_id": {"spa"}, "request": {w.sealedTo("ECDH-ES", "A128GCM", w.object("ES256", usual, nil), (&jose.EncrypterOptions{}).WithContentType("JWT"))}}
	f.Add(sealed.Encode(), true)
	f.Fuzz(func(t *testing.T, parameters string, byPost bool) {
		r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/authorize", nil)
		if byPost {
			r = httptest.NewRequest(http.MethodPost, "https://"+issuerHost+"/as/authorize", strings.NewReader(parameters))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		} else {
			r.URL.RawQuery = parameters
		}
		sane(t, serve(w, cookies, r), "https://spa.example.com/callback", "https://web.example.com/callback")
	})
}

func FuzzTheTokenEndpoint(f *testing.F) {
	w := exposed(f)
	for _, form := range []url.Values{
		{"grant_type": {"authorization_code"}, "code": {w.current.codes["spa"]}, "client_id": {"spa"}, "redirect_uri": {originOf("spa") + "/callback"}, "code_verifier": {w.current.verifiers["spa"]}},
		{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {"spa"}, "scope": {"openid"}},
		{"grant_type": {"client_credentials"}, "scope": {"profile"}},
		{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {"x"}},
		{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {"x"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}},
		{"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {w.object("ES256", url.Values{"client_id": {"spa"}}, nil)}},
	} {
		f.Add(form.Encode(), "", "")
		f.Add(form.Encode(), "Basic d2ViOmEtc2VjcmV0LXRoYXQtbm9ib2R5LWd1ZXNzZXMtYXQtYWxs", w.object("ES256", url.Values{}, map[string]string{"typ": "dpop+jwt"}))
	}
	f.Fuzz(func(t *testing.T, form, authorization, proof string) {
		r := httptest.NewRequest(http.MethodPost, "https://"+issuerHost+"/as/token", strings.NewReader(form))
		r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {authorization}, "Dpop": {proof}}
		answer := serve(w, nil, r)
		sane(t, answer)
		if answer.Header().Get("Cache-Control") != "no-store" && answer.Code != http.StatusMethodNotAllowed {
			t.Errorf("%d may be kept: %v", answer.Code, answer.Header())
		}
	})
}

func FuzzTheSignOffEndpoint(f *testing.F) {
	w := exposed(f)
	cookies := signedOnCookies(w)
	w.redeem("spa")
	for _, q := range []url.Values{
		{"id_token_hint": {w.current.idTokens["spa"]}, "post_logout_redirect_uri": {originOf("spa") + "/bye"}, "state": {"a b"}},
		{"client_id": {"spa"}, "post_logout_redirect_uri": {originOf("spa") + "/bye"}},
		{"post_logout_redirect_uri": {originOf("web") + "/bye"}},
		{"id_token_hint": {w.sealedTo("ECDH-ES", "A128GCM", w.current.idTokens["spa"], nil)}},
		{"post_logout_redirect_uri": {"https://evil.example.com/"}},
		{},
	} {
		f.Add(q.Encode(), false)
		f.Add(q.Encode(), true)
	}
	f.Fuzz(func(t *testing.T, parameters string, alone bool) {
		path := "/as/signoff"
		if alone {
			path = "/as/idpSignoff"
		}
		r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+path, nil)
		r.URL.RawQuery = parameters
		sane(t, serve(w, cookies, r), originOf("spa")+"/bye", originOf("web")+"/bye")
	})
}
