package oidc_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"vigil/internal/oidc"
)

// holds: oidcc-redirect-uri-query-OK
func TestTheRedirectURIKeepsItsOwnQuery(t *testing.T) {
	for uri, want := range map[string]string{
		"https://a.example/cb":      "https://a.example/cb?code=c",
		"https://a.example/cb?x=1":  "https://a.example/cb?x=1&code=c",
		"https://a.example/cb?":     "https://a.example/cb?code=c",
		"https://a.example/cb?x=1&": "https://a.example/cb?x=1&code=c",
		"com.example.app:/cb":       "com.example.app:/cb?code=c",
	} {
		r := oidc.Response{RedirectURI: uri, Mode: oidc.ModeQuery}
		if got := r.Add("code", "c").Add("state", "").Location(); got != want {
			t.Errorf("%s: got %s, want %s", uri, got, want)
		}
	}
}

// holds: no-response-splitting
func TestAnErrorDescriptionHoldsOnlyWhatTheSpecificationAllows(t *testing.T) {
	e := oidc.InvalidRequest("a\r\nb\t\"c\" \\ \u00e9 \x7f")
	for _, r := range e.PublicDescription() {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			t.Errorf("%q in %q", r, e.PublicDescription())
		}
	}
}

func TestThePrivateHalfOfAnErrorStaysAtHome(t *testing.T) {
	e := oidc.ServerError(errors.New("disk /dev/sda1 is full"))
	if s := string(e.JSON()); strings.Contains(s, "sda1") || e.HTTPStatus() != 500 {
		t.Errorf("%d %s", e.HTTPStatus(), s)
	}
	r := oidc.Response{RedirectURI: "https://a.example/", Mode: oidc.ModeQuery}
	if s := r.AddError(e).Location(); strings.Contains(s, "sda1") {
		t.Error(s)
	}
	if !strings.Contains(e.Error(), "sda1") {
		t.Error("the operator learns nothing")
	}
	var body map[string]string
	if err := json.Unmarshal(e.JSON(), &body); err != nil || body["error"] != "server_error" {
		t.Errorf("%v %v", body, err)
	}
}

func TestAScopeShowsNoMoreThanItNames(t *testing.T) {
	yes := true
	all := oidc.Claims{
		Subject: "u", Name: "Ada", GivenName: "Ada", Email: "ada@example.com", EmailVerified: &yes, PhoneNumber: "+1", PhoneNumberVerified: &yes,
		Address: &oidc.Address{Country: "UK"}, UpdatedAt: 7,
	}
	for scope, want := range map[string]string{
		"openid":                             `{"sub":"u"}`,
		"openid profile":                     `{"sub":"u","name":"Ada","given_name":"Ada","updated_at":7}`,
		"openid email":                       `{"sub":"u","email":"ada@example.com","email_verified":true}`,
		"openid phone":                       `{"sub":"u","phone_number":"+1","phone_number_verified":true}`,
		"openid address":                     `{"sub":"u","address":{"country":"UK"}}`,
		"openid profile email phone address": `{"sub":"u","name":"Ada","given_name":"Ada","updated_at":7,"email":"ada@example.com","email_verified":true,"phone_number":"+1","phone_number_verified":true,"address":{"country":"UK"}}`,
	} {
		parsed, ok := oidc.ParseScope(scope)
		if !ok {
			t.Fatal(scope)
		}
		got, err := json.Marshal(all.ForScope(parsed))
		if err != nil || string(got) != want {
			t.Errorf("%s:\ngot  %s\nwant %s", scope, got, want)
		}
	}
}
