package interop

import "testing"

// speaksAM makes the environment serve applications that were written for AM.
const speaksAM = `  am:
    realms:
    - name: /alpha
      responseTypePlugins:
      - code|org.forgerock.oauth2.core.AuthorizationCodeResponseTypeHandler
      - none|org.forgerock.oauth2.core.NoneResponseTypeHandler`

// amSession asks for the session in the ways that an application of AM's has: by iframe and by fetch.
func (w *world) amSession(on bool) {
	w.t.Helper()
	for _, way := range []string{"am.session()", "am.sessionByFetch()"} {
		got := call[map[string]any](w.tab, way)
		if fault, _ := got["error"].(string); on != (fault == "") || !on && fault != "login_required" {
			w.t.Errorf("%s: %v", way, got)
		}
	}
}

func TestAnApplicationOfAMsSignsOnByCallbacksChecksItsSessionAndLogsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, speaksAM)
	got := call[map[string]any](w.tab, `am.signOn("ada", "correct horse ada")`)
	if got["tokenId"] == nil || got["realm"] != "/alpha" || got["idToken"] == nil {
		t.Fatalf("sign-on: %v", got)
	}
	w.amSession(true)
	if got := call[map[string]any](w.tab, "am.logout()"); got["error"] != nil {
		t.Errorf("logout: %v", got)
	}
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=getSessionInfo")`); got["valid"] != false {
		t.Errorf("after the logout the session is %v", got)
	}
}

func TestAnApplicationOfAMsSeesThatItsSessionEndedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, speaksAM)
	call[map[string]any](w.tab, `am.signOn("ada", "correct horse ada")`)
	w.amSession(true)
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=logout")`); got["result"] != "Successfully logged out" {
		t.Errorf("logout: %v", got)
	}
	w.amSession(false)
}

func TestBothSurfacesSeeOneSessionAndItsEndInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, speaksAM)
	call[map[string]any](w.tab, `am.signOn("ada", "correct horse ada")`)
	if got := call[node](w.tab, "start()"); got.Status != "success" {
		t.Fatalf("PingOne's surface asks again: %+v", got)
	} else if tokens := call[map[string]any](w.tab, "exchange('"+got.Code+"', '"+got.State+"')"); tokens["idToken"] == nil {
		t.Fatalf("tokens: %v", tokens)
	}
	w.stillOn(true)
	if got := call[map[string]any](w.tab, "logout()"); got["error"] != nil {
		t.Errorf("logout: %v", got)
	}
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=validate")`); got["valid"] != false {
		t.Errorf("AM's surface still knows it: %v", got)
	}
}

func TestForgeRocksSDKSignsOnGetsTokensAndLogsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, speaksAM)
	if got := call[map[string]any](w.tab, `am.sdk.signOn("ada", "wrong")`); got["type"] != "Step" {
		t.Errorf("a wrong password: %v", got)
	}
	if got := call[map[string]any](w.tab, `am.sdk.signOn("ada", "correct horse ada")`); got["type"] != "LoginSuccess" || got["realm"] != "/alpha" {
		t.Fatalf("sign-on: %v", got)
	}
	if got := call[map[string]any](w.tab, "am.sdk.tokens()"); got["accessToken"] == nil || got["idToken"] == nil {
		t.Fatalf("tokens: %v", got)
	}
	if got := call[map[string]any](w.tab, "am.sdk.info()"); got["preferred_username"] != "ada" {
		t.Errorf("userinfo: %v", got)
	}
	call[map[string]any](w.tab, "am.sdk.logout()")
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=validate")`); got["valid"] != false {
		t.Errorf("after the logout: %v", got)
	}
}

func TestForgeRocksSDKMakesAPasskeyAndSignsOnWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "  passkeyRelyingParty: vigil.localhost\n"+speaksAM)
	keys := w.tab.Authenticator()
	const authentication, registration = 1.0, 2.0
	made := call[map[string]any](w.tab, `am.sdk.keys("ada", "correct horse ada")`)
	if kinds, _ := made["kinds"].([]any); made["type"] != "LoginSuccess" || len(kinds) != 2 || kinds[0] != authentication || kinds[1] != registration || len(keys.Passkeys()) != 1 {
		t.Fatalf("a new passkey: %v", made)
	}
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=logout")`); got["result"] != "Successfully logged out" {
		t.Fatalf("logout: %v", got)
	}
	if got := call[map[string]any](w.tab, "am.sdk.keys()"); got["type"] != "LoginSuccess" {
		t.Fatalf("the passkey: %v", got)
	}
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=validate")`); got["uid"] != "ada" {
		t.Errorf("signed on: %v", got)
	}
}
