package spectest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientcert"
)

// authority signs the certificates of clients.
type authority struct {
	t    testing.TB
	w    *world
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, w *world) *authority {
	t.Helper()
	a := &authority{t: t, w: w}
	a.cert, a.key = a.make(&x509.Certificate{Subject: pkix.Name{CommonName: "Authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// make signs a certificate; the first one signs itself.
func (a *authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(7), a.w.clock.now().Add(-time.Hour), a.w.clock.now().Add(time.Hour)
	parent, signs := template, key
	if a.cert != nil {
		parent, signs = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signs)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c, key
}

// client is a certificate for clients, with a DNS name.
func (a *authority) client(name string) *x509.Certificate {
	c, _ := a.make(&x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return c
}

// passedOn is the header in which the proxy passes a certificate on.
func passedOn(c *x509.Certificate) []string {
	return []string{"Client-Cert", ":" + base64.StdEncoding.EncodeToString(c.Raw) + ":"}
}

// behindProxy is a world that believes the address from which test requests come, and an authority.
func behindProxy(t *testing.T, apps ...app) (*world, *authority) {
	t.Helper()
	w := newWorld(t)
	a := newAuthority(t, w)
	w.write("authorities.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})))
	w.top = []string{"trustedProxies: [192.0.2.1]", "clientCertificates: {authorities: authorities.pem}"}
	w.apps = apps
	w.start()
	return w, a
}

// robot is an application without people.
func robot(name string, fields ...string) app {
	return app{name, append([]string{
		"type=WORKER", "grantTypes=[CLIENT_CREDENTIALS]", "redirectUris=[]", "postLogoutRedirectUris=[]", "scopes=[read]",
	}, fields...)}
}

func TestACertificateOfAnAuthorityProvesTheApplicationWhoseNameItBears(t *testing.T) {
	t.Parallel()
	w, a := behindProxy(t, robot("robot", "tokenEndpointAuthMethod=TLS_CLIENT_AUTH", "tlsClientAuthSanDns=robot.example.com", "tlsClientCertificateBoundAccessTokens=true"), api())
	form := func() url.Values { return url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}} }
	own, another := a.client("robot.example.com"), a.client("other.example.com")
	stranger := newAuthority(t, w).client("robot.example.com")
	r := w.call("/as/token", form(), passedOn(own)...)
	if r.status != 200 || r.text("token_type") != "Bearer" {
		t.Fatalf("%d %v", r.status, r.body)
	}
	bound, _ := payload(t, r.text("access_token"))["cnf"].(map[string]any)
	if bound["x5t#S256"] != clientcert.Thumbprint(own) || len(bound) != 1 {
		t.Errorf("cnf: %v", bound)
	}
	said, _ := w.introspect(r.text("access_token")).body["cnf"].(map[string]any)
	if said["x5t#S256"] != clientcert.Thumbprint(own) {
		t.Errorf("introspection: %v", said)
	}
	secret := form()
	secret.Set("client_secret", "x")
	for what, c := range map[string]struct {
		form    url.Values
		headers []string
	}{
		"none": {form(), nil}, "another name": {form(), passedOn(another)}, "a stranger's": {form(), passedOn(stranger)}, "twice": {form(), append(passedOn(own), passedOn(own)...)},
		"damaged": {form(), []string{"Client-Cert", ":AAAA:"}}, "under another header": {form(), []string{"X-Client-Cert", passedOn(own)[1]}}, "with a secret": {secret, passedOn(own)},
	} {
		if r := w.call("/as/token", c.form, c.headers...); r.status != 400 || r.text("error") != "invalid_client" {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	stolen := asAPI(url.Values{"grant_type": {"client_credentials"}})
	stolen.Del("client_secret")
	if r := w.call("/as/token", stolen, passedOn(own)...); r.status != 400 {
		t.Errorf("a certificate stands for a secret: %d %v", r.status, r.body)
	}
	w.advance("2h")
	if r := w.call("/as/token", form(), passedOn(own)...); r.status != 400 {
		t.Errorf("an expired certificate: %d", r.status)
	}
}

func TestTheHeaderOfACertificateCountsFromTheProxyAlone(t *testing.T) {
	t.Parallel()
	w, a := behindProxy(t, robot("robot", "tokenEndpointAuthMethod=TLS_CLIENT_AUTH", "tlsClientAuthSanDns=robot.example.com"))
	header := passedOn(a.client("robot.example.com"))
	for from, status := range map[string]int{"192.0.2.1:4000": 200, "192.0.2.2:4000": 400, "203.0.113.9:4000": 400} {
		r := httptest.NewRequest(http.MethodPost, "https://"+issuerHost+"/as/token", strings.NewReader("grant_type=client_credentials&client_id=robot"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		r.Header.Set(header[0], header[1])
		r.RemoteAddr = from
		recorder := httptest.NewRecorder()
		w.server.ServeHTTP(recorder, r)
		if recorder.Code != status {
			t.Errorf("from %s: %d %s", from, recorder.Code, recorder.Body)
		}
	}
}

// selfSigned is a certificate that stands in a JWK set.
func selfSigned(t testing.TB, w *world) (c *x509.Certificate, jwks string) {
	t.Helper()
	c, key := (&authority{t: t, w: w}).make(&x509.Certificate{Subject: pkix.Name{CommonName: "anything"}})
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), Certificates: []*x509.Certificate{c}}}})
	if err != nil {
		t.Fatal(err)
	}
	return c, string(set)
}

func TestASelfSignedCertificateProvesTheApplicationThatRegisteredIt(t *testing.T) {
	t.Parallel()
	drawer := newWorld(t)
	drawer.start()
	own, jwks := selfSigned(t, drawer)
	other, _ := selfSigned(t, drawer)
	w, a := behindProxy(t, robot("robot", "tokenEndpointAuthMethod=SELF_SIGNED_TLS_CLIENT_AUTH", "jwks="+jwks))
	form := func() url.Values { return url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}} }
	if r := w.call("/as/token", form(), passedOn(own)...); r.status != 200 || payload(t, r.text("access_token"))["cnf"] != nil {
		t.Errorf("%d %v", r.status, r.body)
	}
	for what, c := range map[string]*x509.Certificate{"another": other, "an authority's": a.client("anything")} {
		if r := w.call("/as/token", form(), passedOn(c)...); r.status != 400 || r.text("error") != "invalid_client" {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	for _, member := range []string{`"self_signed_tls_client_auth"`, `"tls_client_auth"`, `"tls_client_certificate_bound_access_tokens":true`} {
		if _, said := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration"); !strings.Contains(said, member) {
			t.Errorf("discovery does not name %s", member)
		}
		if _, said := drawer.get("https://" + issuerHost + "/as/.well-known/openid-configuration"); strings.Contains(said, member) {
			t.Errorf("discovery names %s where no certificates are read", member)
		}
	}
}

func TestABoundTokenIsUsedWithItsCertificateAlone(t *testing.T) {
	t.Parallel()
	w, a := behindProxy(t, app{"spa", []string{"tlsClientCertificateBoundAccessTokens=true"}})
	own, other := passedOn(a.client("ada.example.com")), passedOn(a.client("eve.example.com"))
	w.signOn("ada", "spa", []string{"scope=openid+profile+offline_access"})
	redeem := url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes["spa"]}, "redirect_uri": {originOf("spa") + "/callback"},
		"code_verifier": {w.current.verifiers["spa"]}, "client_id": {"spa"},
	}
	if r := w.call("/as/token", redeem); r.status != 400 || r.text("error") != "invalid_request" {
		t.Errorf("tokens without a certificate: %d %v", r.status, r.body)
	}
	tokens := w.call("/as/token", redeem, own...)
	if tokens.status != 200 {
		t.Fatalf("the refusal used the code up: %d %v", tokens.status, tokens.body)
	}
	userinfo := func(headers ...string) int {
		return w.call("/as/userinfo", url.Values{"access_token": {tokens.text("access_token")}}, headers...).status
	}
	if userinfo(own...) != 200 || userinfo(other...) != 401 || userinfo() != 401 {
		t.Errorf("with its own %d, with another %d, with none %d", userinfo(own...), userinfo(other...), userinfo())
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.text("refresh_token")}, "client_id": {"spa"}}
	if r := w.call("/as/token", refresh, other...); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Errorf("the refresh token with another certificate: %d %v", r.status, r.body)
	}
	if r := w.call("/as/token", refresh, own...); r.status != 200 {
		t.Errorf("the refresh token with its own: %d %v", r.status, r.body)
	}
}

func TestAnApplicationRegistersItsCertificateItself(t *testing.T) {
	t.Parallel()
	w, a := behindProxy(t)
	w.stop()
	w.settings = []string{"registration: {grantTypes: [CLIENT_CREDENTIALS], scopes: [openid, read]}"}
	w.start()
	token := w.initialToken(-1)
	asked := map[string]any{"grant_types": []string{"client_credentials"}, "redirect_uris": nil, "post_logout_redirect_uris": nil, "opSessionCheckEnabled": nil, "token_endpoint_auth_method": "tls_client_auth"}
	if r := w.ask(http.MethodPost, registerPath, token, metadata(asked)); r.status != 400 || r.text("error") != "invalid_client_metadata" {
		t.Errorf("without a name: %d %v", r.status, r.body)
	}
	asked["tls_client_auth_subject_dn"] = "CN=robot.example.com"
	r := w.registered(token, asked)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {r.text("client_id")}}
	if r := w.call("/as/token", form, passedOn(a.client("robot.example.com"))...); r.status != 200 {
		t.Errorf("%d %v", r.status, r.body)
	}
	closed, token := open(t, "grantTypes: [CLIENT_CREDENTIALS]")
	if r := closed.ask(http.MethodPost, registerPath, token, metadata(asked)); r.status != 400 || r.text("error") != "invalid_client_metadata" {
		t.Errorf("where no certificates are read: %d %v", r.status, r.body)
	}
}

func TestCertificatesAreAskedForAtAHostThatBrowsersNeverSee(t *testing.T) {
	t.Parallel()
	w, a := behindProxy(t, robot("robot", "tokenEndpointAuthMethod=TLS_CLIENT_AUTH", "tlsClientAuthSanDns=robot.example.com"), app{"spa", nil})
	w.stop()
	const host = "https://" + issuerHost + ":8443"
	w.settings = []string{"certificateHost: " + host}
	w.start()
	_, said := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration")
	var metadata struct {
		Token   string            `json:"token_endpoint"`
		Aliases map[string]string `json:"mtls_endpoint_aliases"`
	}
	if err := json.Unmarshal([]byte(said), &metadata); err != nil || metadata.Token != "https://"+issuerHost+"/as/token" || len(metadata.Aliases) != 6 {
		t.Fatalf("%v %+v", err, metadata)
	}
	for name, address := range metadata.Aliases {
		if !strings.HasPrefix(address, host+"/as/") {
			t.Errorf("%s: %s", name, address)
		}
	}
	at := func(address string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, address, strings.NewReader("grant_type=client_credentials&client_id=robot"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		recorder := httptest.NewRecorder()
		w.server.ServeHTTP(recorder, r)
		return recorder
	}
	got := at(metadata.Aliases["token_endpoint"], passedOn(a.client("robot.example.com"))...)
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(got.Body.Bytes(), &tokens); err != nil || got.Code != 200 || payload(t, tokens.Access)["iss"] != issuer {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	for _, path := range []string{"/as/authorize", "/as/signoff", "/as/checksession", "/as/resume", "/signon/", "/as/jwks", "/as/.well-known/openid-configuration", "/davinci/x"} {
		r := httptest.NewRequest(http.MethodGet, host+path, nil)
		recorder := httptest.NewRecorder()
		if w.server.ServeHTTP(recorder, r); recorder.Code != 404 || len(recorder.Result().Cookies()) > 0 {
			t.Errorf("%s is served there: %d", path, recorder.Code)
		}
	}
}
