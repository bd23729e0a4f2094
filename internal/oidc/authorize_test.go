package oidc_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/internal/oidc"
)

const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B

func form(t testing.TB, query string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const good = "client_id=spa&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&state=xyz"

func TestAnAuthorizationRequestSaysEverythingItWasAsked(t *testing.T) {
	r, e := oidc.ParseAuthorize(form(t, good+"&scope=openid+profile+openid&nonce=n1&prompt=login+consent&max_age=90&login_hint=ada&id_token_hint=h"+
		"&acr_values=Strong+Weak&code_challenge="+challenge+"&code_challenge_method=S256&ui_locales=de+en&display=page&claims=%7B%7D&extra=foobar&extra=twice"))
	if e != nil {
		t.Fatal(e)
	}
	want := oidc.AuthorizeRequest{
		ClientID: "spa", RedirectURI: "https://app.example/cb", ResponseType: oidc.ResponseCode, Scope: oidc.Scope{"openid", "profile"},
		State: "xyz", Nonce: "n1", Prompt: oidc.PromptLogin | oidc.PromptConsent, MaxAge: 90 * time.Second, HasMaxAge: true,
		LoginHint: "ada", IDTokenHint: "h", ACRValues: []string{"Strong", "Weak"}, CodeChallenge: challenge, CodeChallengeMethod: "S256",
		UILocales: []string{"de", "en"}, Display: "page", Claims: "{}",
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
}

// A person may take ten minutes to sign on: until then the request lies in the store.
func TestAnAuthorizationRequestSurvivesBeingStored(t *testing.T) {
	r, e := oidc.ParseAuthorize(form(t, good+"&max_age=0&prompt=none&scope=openid&response_mode=form_post&code_challenge="+challenge))
	if e != nil {
		t.Fatal(e)
	}
	stored, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back oidc.AuthorizeRequest
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, back) {
		t.Errorf("got  %+v\nwant %+v", back, r)
	}
}

func TestAFaultyAuthorizationRequestIsRefusedByTheCodeOfItsRule(t *testing.T) {
	long := strings.Repeat("x", 8<<10+1)
	for name, c := range map[string]struct {
		query, code string
		redirect    bool
	}{
		"no client_id":                       {"redirect_uri=https://a.example/cb&response_type=code", "invalid_request", false},
		"empty client_id":                    {"client_id=&redirect_uri=https://a.example/cb&response_type=code", "invalid_request", false},
		"two client_ids":                     {good + "&client_id=other", "invalid_request", false},
		"no redirect_uri":                    {"client_id=spa&response_type=code", "invalid_request", false},
		"two redirect_uris":                  {good + "&redirect_uri=https://evil.example", "invalid_request", false},
		"a relative redirect_uri":            {"client_id=spa&response_type=code&redirect_uri=/cb", "invalid_request", false},
		"a redirect_uri with a fragment":     {"client_id=spa&response_type=code&redirect_uri=https://a.example/%23x", "invalid_request", false},
		"a redirect_uri that is not UTF-8":   {"client_id=spa&response_type=code&redirect_uri=https://a.example/%ff", "invalid_request", false},
		"two states":                         {good + "&state=abc", "invalid_request", true},
		"a repeated parameter":               {good + "&nonce=1&nonce=2", "invalid_request", true},
		"a giant parameter":                  {good + "&login_hint=" + long, "invalid_request", true},
		"a parameter that is not UTF-8":      {good + "&login_hint=%ff", "invalid_request", true},
		"a giant nonce":                      {good + "&nonce=" + long[:1025], "invalid_request", true},
		"no response_type":                   {"client_id=spa&redirect_uri=https://a.example/cb", "invalid_request", true},
		"an unknown response_type":           {good[:len(good)-len("&state=xyz")] + "+magic", "unsupported_response_type", true},
		"none beside code":                   {good[:len(good)-len("&state=xyz")] + "+none", "unsupported_response_type", true},
		"code twice":                         {good[:len(good)-len("&state=xyz")] + "+code", "unsupported_response_type", true},
		"an unknown response_mode":           {good + "&response_mode=carrier_pigeon", "invalid_request", true},
		"tokens in a query":                  {"client_id=spa&redirect_uri=https://a.example/cb&response_type=id_token+token&response_mode=query", "invalid_request", true},
		"an ID token without a nonce":        {"client_id=spa&redirect_uri=https://a.example/cb&response_type=id_token", "invalid_request", true},
		"prompt none beside login":           {good + "&prompt=none+login", "invalid_request", true},
		"an unknown prompt":                  {good + "&prompt=beg", "invalid_request", true},
		"a negative max_age":                 {good + "&max_age=-1", "invalid_request", true},
		"a max_age in words":                 {good + "&max_age=soon", "invalid_request", true},
		"a scope with a quotation mark":      {good + "&scope=open%22id", "invalid_scope", true},
		"a short code_challenge":             {good + "&code_challenge=abc", "invalid_request", true},
		"a long code_challenge":              {good + "&code_challenge=" + strings.Repeat("a", 129), "invalid_request", true},
		"a code_challenge with a space":      {good + "&code_challenge=" + challenge[:42] + "+", "invalid_request", true},
		"S256 that is no digest":             {good + "&code_challenge_method=S256&code_challenge=" + challenge + "a", "invalid_request", true},
		"an unknown code_challenge_method":   {good + "&code_challenge_method=S512&code_challenge=" + challenge, "invalid_request", true},
		"a code_challenge_method without it": {good + "&code_challenge_method=S256", "invalid_request", true},
		"a request object":                   {good + "&request=eyJ", "request_not_supported", true},
		"an empty request object":            {good + "&request=", "request_not_supported", true},
		"a request_uri":                      {good + "&request_uri=urn:x", "request_uri_not_supported", true},
		"a registration":                     {good + "&registration=%7B%7D", "registration_not_supported", true},
	} {
		t.Run(name, func(t *testing.T) {
			r, e := oidc.ParseAuthorize(form(t, c.query))
			if e == nil {
				t.Fatalf("accepted: %+v", r)
			}
			if e.Code != c.code || e.Redirectable != c.redirect {
				t.Errorf("got %s, redirectable %v; want %s, %v", e.Code, e.Redirectable, c.code, c.redirect)
			}
			if e.Redirectable && (r.ClientID == "" || r.RedirectURI == "") {
				t.Errorf("an error to be redirected has nowhere to go: %+v", r)
			}
			if !e.Redirectable && r.RedirectURI != "" {
				t.Errorf("an error that is not redirected names a redirect URI %q", r.RedirectURI)
			}
		})
	}
}

func TestAnErrorTravelsWithTheStateInTheModeThatWasAskedFor(t *testing.T) {
	r, e := oidc.ParseAuthorize(form(t, good+"&response_mode=fragment&prompt=none+login"))
	if e == nil {
		t.Fatal("accepted")
	}
	got := r.Respond("https://op.example/as").AddError(e).Location()
	want := "https://app.example/cb#iss=https%3A%2F%2Fop.example%2Fas&state=xyz&error=invalid_request&error_description=prompt%20none%20must%20stand%20alone"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFloodOfParametersIsRefusedUnread(t *testing.T) {
	v := form(t, good)
	for i := range 61 {
		v.Set("p"+strconv.Itoa(i), "x")
	}
	if _, e := oidc.ParseAuthorize(v); e == nil || e.Redirectable {
		t.Errorf("got %v, want a refusal on a page", e)
	}
	v.Del("p0")
	if _, e := oidc.ParseAuthorize(v); e != nil {
		t.Errorf("64 parameters: %v", e)
	}
}

func TestAnEndlessMaxAgeIsNotAnOverflow(t *testing.T) {
	r, e := oidc.ParseAuthorize(form(t, good+"&max_age="+strings.Repeat("9", 40)))
	if e != nil || r.MaxAge < 50*365*24*time.Hour {
		t.Errorf("got %v, %v", r.MaxAge, e)
	}
}

func TestTheOrderOfResponseTypesDoesNotMatter(t *testing.T) {
	a, ok := oidc.ParseResponseType("id_token code")
	b, ok2 := oidc.ParseResponseType("code id_token")
	if !ok || !ok2 || a != b || a.String() != "code id_token" {
		t.Errorf("%v %v %q", ok, ok2, a.String())
	}
}

func FuzzParseAuthorize(f *testing.F) {
	for _, seed := range []string{
		good, good + "&scope=openid+email&prompt=none", good + "&code_challenge=" + challenge + "&code_challenge_method=S256",
		good + "&response_mode=form_post&max_age=0", "client_id=a&redirect_uri=com.app:/cb&response_type=code+id_token&nonce=n",
		good + "&state=second", "redirect_uri=%ff", "request=x&" + good, "client_id=a;b&redirect_uri=https://x/?a=b&response_type=none",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r, e := oidc.ParseAuthorize(v)
		if e != nil && !e.Redirectable {
			return
		}
		if r.ClientID != v.Get("client_id") || r.RedirectURI != v.Get("redirect_uri") {
			t.Fatalf("client or redirect URI changed: %+v", r)
		}
		if len(v["state"]) == 1 && len(v.Get("state")) <= 8<<10 && r.State != strings.ToValidUTF8(v.Get("state"), "") && r.State != "" {
			t.Fatalf("state changed: %q", r.State)
		}
		if r.Mode() == oidc.ModeQuery && (r.ResponseType.Has(oidc.ResponseToken) || r.ResponseType.Has(oidc.ResponseIDToken)) {
			t.Fatal("tokens would travel in a query")
		}
		checkResponse(t, &r)
	})
}

// checkResponse: what is sent to the redirect URI arrives there as it was sent.
func checkResponse(t *testing.T, r *oidc.AuthorizeRequest) {
	location := r.Respond("https://op.example/as").Add("code", "c+/= &#").Location()
	if !strings.HasPrefix(location, r.RedirectURI) {
		t.Fatalf("%q does not begin with the redirect URI", location)
	}
	raw := strings.TrimLeft(location[len(r.RedirectURI):], "?&#")
	got, err := url.ParseQuery(raw)
	if err != nil || got.Get("code") != "c+/= &#" || got.Get("state") != r.State || got.Get("iss") != "https://op.example/as" {
		t.Fatalf("%q arrives as %v (%v)", location, got, err)
	}
}
