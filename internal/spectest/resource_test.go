package spectest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	orders = "https://orders.example.com"
	stock  = "https://stock.example.com/v1"
	issuer = "https://" + issuerHost + "/as"
)

// withResources is a world with two interfaces, and a browser in which ada is signed on.
func withResources(t *testing.T, fields ...string) *world {
	t.Helper()
	w := newWorld(t)
	w.settings = []string{"resources: [{audience: " + orders + ", scopes: [orders.read, orders.write]}, {audience: " + stock + ", scopes: [stock]}]"}
	w.apps = []app{
		{"spa", append([]string{"scopes=[openid, profile, offline_access, orders.read, orders.write, stock]"}, fields...)},
		api("scopes=[orders.read, stock]", "grantTypes=[CLIENT_CREDENTIALS, TOKEN_EXCHANGE]"),
		{"other", []string{"scopes=[openid, orders.read]"}},
	}
	w.start()
	w.signOn("ada", "spa", nil)
	return w
}

// grantFor asks for scopes and resources and redeems the code.
func (w *world) grantFor(scope string, named []string, atToken ...string) reply {
	w.t.Helper()
	q := w.query("spa", []string{"scope=" + scope})
	q["resource"] = named
	response, page := w.get("https://" + issuerHost + "/as/authorize?" + q.Encode())
	if got := w.parts("spa", response, page); !slices.Contains(got, "code") {
		return reply{status: response.StatusCode, body: map[string]any{"error": strings.TrimPrefix(got[len(got)-1], "error=")}}
	}
	return w.call("/as/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes["spa"]}, "redirect_uri": {originOf("spa") + "/callback"},
		"code_verifier": {w.current.verifiers["spa"]}, "client_id": {"spa"}, "resource": atToken,
	})
}

func TestAnAccessTokenIsForTheResourcesThatItsScopesOrTheRequestName(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JWT", "OPAQUE"} {
		w := withResources(t, "accessTokenFormat="+format)
		for _, c := range []struct {
			scope          string
			named, atToken []string
			audience, gets string
		}{
			{"openid+profile", nil, nil, issuer, "openid profile"},
			{"openid+orders.read", nil, nil, "[" + issuer + " " + orders + "]", "openid orders.read"},
			{"openid+orders.read", []string{orders}, nil, orders, "orders.read"},
			{"openid+orders.read", []string{issuer}, nil, issuer, "openid"},
			{"openid+orders.read", []string{orders, issuer}, nil, "[" + orders + " " + issuer + "]", "openid orders.read"},
			{"openid+orders.read", []string{orders, issuer}, []string{orders}, orders, "orders.read"},
			{"openid+orders.read", nil, []string{orders}, orders, "orders.read"},
			{"openid+orders.read+orders.write", []string{orders, orders}, nil, orders, "orders.read orders.write"},
		} {
			r := w.grantFor(c.scope, c.named, c.atToken...)
			if r.status != 200 || r.text("scope") != c.gets || r.text("id_token") == "" {
				t.Errorf("%+v: %d %v", c, r.status, r.body)
				continue
			}
			said := w.introspect(r.text("access_token"))
			if fmt.Sprint(said.body["aud"]) != c.audience || said.text("scope") != c.gets {
				t.Errorf("%+v: %v", c, said.body)
			}
			w.current.accessTokens["spa"] = r.text("access_token")
			want := "401"
			if strings.Contains(c.audience, issuer) {
				want = "200"
			}
			if got := w.userinfo("spa"); got[0] != want {
				t.Errorf("%+v: userinfo %v", c, got)
			}
		}
	}
}

func TestATargetThatIsNoneIsRefusedAndUsesNothingUp(t *testing.T) {
	t.Parallel()
	w := withResources(t)
	for _, c := range []struct {
		scope string
		named []string
		code  string
	}{
		{"openid", []string{"https://elsewhere.example.com"}, "invalid_target"},
		{"openid", []string{orders}, "invalid_target"}, // without a scope of it
		{"openid+orders.read", []string{"/orders"}, "invalid_target"},
		{"openid+orders.read", []string{orders + "#x"}, "invalid_target"},
		{"openid+orders.read", []string{strings.ToUpper(orders)}, "invalid_target"},
		{"openid+orders.read", []string{orders + "/"}, "invalid_target"},
		{"openid+orders.read+stock", []string{orders, stock}, "invalid_target"},
		{"openid+orders.read+stock", nil, "invalid_scope"},
	} {
		if r := w.grantFor(c.scope, c.named); r.text("error") != c.code {
			t.Errorf("%+v: %d %v", c, r.status, r.body)
		}
	}
	w.grantFor("openid+offline_access+orders.read", []string{orders}, stock)
	redeem := url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes["spa"]}, "redirect_uri": {originOf("spa") + "/callback"},
		"code_verifier": {w.current.verifiers["spa"]}, "client_id": {"spa"}, "resource": {issuer},
	}
	if r := w.call("/as/token", redeem); r.status != 400 || r.text("error") != "invalid_target" {
		t.Errorf("more than the authorization request named: %d %v", r.status, r.body)
	}
	redeem["resource"] = []string{orders}
	tokens := w.call("/as/token", redeem)
	if tokens.status != 200 {
		t.Fatalf("a refusal used the code up: %d %v", tokens.status, tokens.body)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.text("refresh_token")}, "client_id": {"spa"}, "resource": {stock}}
	if r := w.call("/as/token", refresh); r.status != 400 || r.text("error") != "invalid_target" {
		t.Errorf("a refresh for another: %d %v", r.status, r.body)
	}
	refresh.Del("resource")
	if r := w.call("/as/token", refresh); r.status != 200 || payload(t, r.text("access_token"))["aud"] != orders {
		t.Errorf("the refusal used the refresh token up, or its target was forgotten: %d %v", r.status, r.body)
	}
}

func TestSeveralResourcesAtOnceAreForApplicationsThatMayAskForThem(t *testing.T) {
	t.Parallel()
	w := withResources(t, "requestScopesForMultipleResourcesEnabled=true")
	r := w.grantFor("openid+orders.read+stock", nil)
	if r.status != 200 || fmt.Sprint(payload(t, r.text("access_token"))["aud"]) != fmt.Sprint([]string{issuer, orders, stock}) {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := w.grantFor("openid+orders.read+stock", []string{stock, orders}, stock); r.status != 200 || payload(t, r.text("access_token"))["aud"] != stock || r.text("scope") != "stock" {
		t.Errorf("one of two: %d %v", r.status, r.body)
	}
}

func TestServicesGetAndExchangeTokensForAResource(t *testing.T) {
	t.Parallel()
	w := withResources(t)
	own := func(form url.Values) reply {
		form.Set("grant_type", "client_credentials")
		return w.call("/as/token", asAPI(form))
	}
	if r := own(url.Values{"resource": {stock}}); r.status != 200 || payload(t, r.text("access_token"))["aud"] != stock || r.text("scope") != "stock" {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := own(url.Values{"scope": {"orders.read"}}); r.status != 200 || payload(t, r.text("access_token"))["aud"] != orders {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := own(url.Values{}); r.status != 400 || r.text("error") != "invalid_target" {
		t.Errorf("two resources for one token: %d %v", r.status, r.body)
	}
	subject := w.grantFor("openid+orders.read", nil).text("access_token")
	exchange := func(form url.Values) reply {
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
		form.Set("subject_token", subject)
		form.Set("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")
		return w.call("/as/token", asAPI(form))
	}
	for _, form := range []url.Values{{"resource": {orders}}, {"audience": {orders}}} {
		if r := exchange(form); r.status != 200 || payload(t, r.text("access_token"))["aud"] != orders || r.text("scope") != "orders.read" {
			t.Errorf("%v: %d %v", form, r.status, r.body)
		}
	}
	for _, form := range []url.Values{{"resource": {stock}}, {"audience": {"https://elsewhere.example.com"}}, {"audience": {orders}, "resource": {stock}}} {
		if r := exchange(form); r.status != 400 || r.text("error") != "invalid_target" {
			t.Errorf("%v: %d %v", form, r.status, r.body)
		}
	}
}

func TestARefreshTokenThatComesBackEndsItsLineUnlessTheApplicationToleratesIt(t *testing.T) {
	t.Parallel()
	const service = "a-secret-of-more-than-thirty-two-bytes"
	for tolerant, after := range map[string]int{"true": 400, "false": 200} {
		w := newWorld(t)
		w.apps = []app{{"web", []string{
			"type=WEB_APP", "tokenEndpointAuthMethod=CLIENT_SECRET_POST", "clientSecret=" + service, "refreshTokenRollingGracePeriodDuration=0",
			"additionalRefreshTokenReplayProtectionEnabled=" + tolerant,
		}}}
		w.start()
		w.signOn("ada", "web", []string{"scope=openid+offline_access"})
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {w.current.codes["web"]}, "redirect_uri": {originOf("web") + "/callback"},
			"code_verifier": {w.current.verifiers["web"]}, "client_id": {"web"}, "client_secret": {service},
		}
		first := w.call("/as/token", form).text("refresh_token")
		refresh := func(token string) reply {
			return w.call("/as/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {"web"}, "client_secret": {service}})
		}
		second := refresh(first).text("refresh_token")
		if r := refresh(first); r.status != 400 || r.text("error") != "invalid_grant" {
			t.Errorf("protection %s: the old one: %d %v", tolerant, r.status, r.body)
		}
		if r := refresh(second); r.status != after {
			t.Errorf("protection %s: the line afterwards: %d %v", tolerant, r.status, r.body)
		}
	}
}

func TestADeviceGetsATokenForTheResourcesThatItNamed(t *testing.T) {
	t.Parallel()
	w := withResources(t)
	w.stop()
	w.apps = append(w.apps, tv("scopes=[openid, profile, orders.read, stock]"))
	w.start()
	begin := func(scope string, named ...string) reply {
		return w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {scope}, "resource": named})
	}
	for what, r := range map[string]reply{
		"an unknown resource": begin("openid orders.read", "https://elsewhere.example.com"), "one without a scope": begin("openid orders.read", stock),
		"no address": begin("openid orders.read", "orders"), "two at once": begin("openid orders.read stock", orders, stock),
	} {
		if r.status != 400 || r.text("error") != "invalid_target" {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	if r := begin("openid orders.read stock"); r.text("error") != "invalid_scope" {
		t.Errorf("scopes of two: %d %v", r.status, r.body)
	}
	for _, c := range []struct {
		named, atToken []string
		audience, gets string
	}{
		{nil, nil, "[" + issuer + " " + orders + "]", "openid orders.read"},
		{[]string{orders}, nil, orders, "orders.read"},
		{[]string{orders, issuer}, []string{issuer}, issuer, "openid"},
		{[]string{orders}, []string{issuer}, "", ""},
	} {
		began := begin("openid orders.read", c.named...)
		if page := w.allow("ada", began.text("user_code"), "allow"); !strings.Contains(page, "signed on") {
			t.Fatal(began, page)
		}
		r := w.call("/as/token", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {began.text("device_code")}, "client_id": {"tv"}, "resource": c.atToken,
		})
		if c.audience == "" {
			if r.status != 400 || r.text("error") != "invalid_target" {
				t.Errorf("%+v: %d %v", c, r.status, r.body)
			}
			continue
		}
		if said := w.introspect(r.text("access_token")); r.text("scope") != c.gets || fmt.Sprint(said.body["aud"]) != c.audience {
			t.Errorf("%+v: %v %v", c, r.body, said.body)
		}
	}
}
