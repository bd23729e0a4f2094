package token_test

import (
	"testing"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/store/kv"
)

func TestARefreshGivesNewTokensOfTheSameSignOn(t *testing.T) {
	o := newOP(t)
	first := o.exchange("native", o.code("native"))
	o.now = o.now.Add(50 * time.Minute)
	second := o.refresh("native", first.text("refresh_token"))
	if second.status != 200 || second.text("refresh_token") == first.text("refresh_token") || second.text("access_token") == first.text("access_token") {
		t.Fatalf("%d %v", second.status, second.body)
	}
	before, after := o.claims(first.text("id_token"), keys.TypeIDToken, keys.RS256), o.claims(second.text("id_token"), keys.TypeIDToken, keys.RS256)
	for _, name := range []string{"iss", "sub", "aud", "auth_time", "sid", "acr"} {
		if before[name] != after[name] {
			t.Errorf("%s changed from %v to %v", name, before[name], after[name])
		}
	}
	if after["nonce"] != nil || after["iat"] == before["iat"] {
		t.Errorf("ID token %v", after)
	}
	if len(o.touched) != 1 || string(o.touched[0]) != string(adasSession) {
		t.Errorf("touched %q: the refresh of an application that counts as activity keeps its session", o.touched)
	}
}

func TestARefreshMayNarrowTheScopeButNotWidenIt(t *testing.T) {
	o := newOP(t)
	token := o.exchange("native", o.code("native")).text("refresh_token")
	if r := o.refresh("native", token, "scope", "openid email"); r.status != 400 || r.text("error") != "invalid_scope" {
		t.Fatalf("wider: %d %v", r.status, r.body)
	}
	r := o.refresh("native", token, "scope", "openid")
	if r.text("scope") != "openid" {
		t.Fatalf("narrower: %d %v", r.status, r.body)
	}
	if r := o.refresh("native", r.text("refresh_token")); r.text("scope") != "openid profile" {
		t.Errorf("afterwards the grant itself is narrower: %v", r.body)
	}
}

func TestARefreshTokenIsUselessWithoutItsClientItsUserAndItsSession(t *testing.T) {
	o := newOP(t)
	token := o.exchange("native", o.code("native")).text("refresh_token")
	o.apps["post"].GrantTypes = o.apps["native"].GrantTypes
	refused := func(what string, r reply) {
		t.Helper()
		if r.status != 400 || r.text("error") != "invalid_grant" {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	refused("another client", o.post("", "grant_type", "refresh_token", "refresh_token", token, "client_id", "post", "client_secret", secret))
	refused("another host", o.send("login.example.org", "application/x-www-form-urlencoded", "",
		"grant_type=refresh_token&client_id=native&refresh_token="+token))
	o.people.gone = true
	refused("a disabled user", o.refresh("native", token))
	o.people.gone = false
	if r := o.refresh("native", token); r.status != 200 {
		t.Fatalf("the true client: %d %v", r.status, r.body)
	}
	o.signOff()
	refused("after the sign-off", o.refresh("native", token))
}

func TestRefreshTokensOutliveASessionOnlyWhereTheApplicationOptedOut(t *testing.T) {
	o := newOP(t)
	o.apps["native"].RefreshTokensOutliveSession = true
	first := o.exchange("native", o.code("native"))
	if sid := o.claims(first.text("access_token"), keys.TypeAccessToken, keys.RS256)["sid"]; sid != nil {
		t.Errorf("an access token that outlives its session hangs on it by sid %v", sid)
	}
	o.update(func(tx kv.Tx) error { return tx.Delete(sessions, adasSession) })
	if r := o.refresh("native", first.text("refresh_token")); r.status != 200 {
		t.Errorf("%d %v", r.status, r.body)
	}
}

func TestARefreshTokenHasAnAbsoluteEnd(t *testing.T) {
	o := newOP(t)
	o.apps["native"].RefreshTokenDuration = 3 * time.Hour
	token := o.exchange("native", o.code("native")).text("refresh_token")
	for range 2 {
		o.now = o.now.Add(time.Hour)
		r := o.refresh("native", token)
		if r.status != 200 {
			t.Fatalf("%d %v", r.status, r.body)
		}
		token = r.text("refresh_token")
	}
	o.now = o.now.Add(time.Hour)
	if r := o.refresh("native", token); r.text("error") != "invalid_grant" {
		t.Errorf("%d %v", r.status, r.body)
	}
}

func TestOfflineAccessDecidesWhereAnApplicationMayAskForIt(t *testing.T) {
	o := newOP(t)
	o.apps["native"].Scopes = []string{"openid", "offline_access"}
	if r := o.exchange("native", o.code("native")); r.status != 200 || r.body["refresh_token"] != nil {
		t.Errorf("not asked for: %v", r.body)
	}
	asked := func(g *grant.Grant) { g.Scope = "openid offline_access" }
	if r := o.exchange("native", o.code("native", asked)); r.text("refresh_token") == "" {
		t.Errorf("asked for: %v", r.body)
	}
	if r := o.exchange("spa", o.code("spa", asked)); r.body["refresh_token"] != nil {
		t.Errorf("an application that may not refresh: %v", r.body)
	}
}
