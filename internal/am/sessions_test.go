package am_test

import (
	"net/http"
	"testing"
	"time"
)

const sessions = alpha + "/sessions?_action="

func TestLogoutTakesTheTokenAsCookieHeaderOrBody(t *testing.T) {
	w := newWorld(t, twoRealms)
	for name, logout := range map[string]func(token string) (int, map[string]any){
		"cookie": func(token string) (int, map[string]any) {
			w.cookies = map[string]string{cookie: token}
			return w.post(sessions+"logout", nil)
		},
		"header": func(token string) (int, map[string]any) {
			w.cookies = map[string]string{}
			return w.post(sessions+"logout", nil, cookie, token)
		},
		"body": func(token string) (int, map[string]any) {
			w.cookies = map[string]string{}
			return w.post(alpha+"/sessions/?_action=logout", map[string]string{"tokenId": token})
		},
	} {
		token := w.signOn("ada")
		status, answer := logout(token)
		if status != http.StatusOK || answer["result"] != "Successfully logged out" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		if status, answer = logout(token); status != http.StatusOK || answer["result"] != "Token has expired" {
			t.Errorf("%s, again: %d %v", name, status, answer)
		}
	}
	w.cookies = map[string]string{}
	if status, answer := w.post(sessions+"logout", nil); status != http.StatusInternalServerError || answer["message"] != "Null Token Id" {
		t.Errorf("no token: %d %v", status, answer)
	}
}

func TestLogoutExpiresTheCookiesOfItsOwnBrowserOnly(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	mine := w.cookies
	if mine[cookie] != token {
		t.Fatalf("the cookie is not the token: %v", mine)
	}
	w.post(sessions+"logout", nil)
	if w.cookies[cookie] != "" || w.cookies["__Host-ST"] != "" || w.cookies["__Host-OPUAS"] != "a" {
		t.Errorf("%v", w.cookies)
	}
	w.cookies = map[string]string{}
	other := w.signOn("grace")
	first := w.cookies
	w.cookies = map[string]string{}
	w.signOn("ada")
	kept := w.cookies["__Host-OPUAS"]
	w.post(sessions+"logout", nil, cookie, other)
	if w.cookies["__Host-OPUAS"] != kept || !w.lives() {
		t.Error("the session of this browser was touched")
	}
	w.cookies = first
	if w.lives() {
		t.Error("the other session lives")
	}
}

func TestGetSessionInfoDoesNotResetTheIdleTimeAndItsTwinDoes(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	w.now = w.now.Add(10 * time.Minute)
	_, info := w.post(sessions+"getSessionInfo", nil, "Accept-API-Version", "resource=4.0")
	if info["username"] != "ada" || info["realm"] != "/alpha" || info["latestAccessTime"] != "2026-11-22T12:00:00Z" ||
		info["maxIdleExpirationTime"] != "2026-11-22T12:30:00Z" || info["maxSessionExpirationTime"] != "2026-11-22T20:00:00Z" {
		t.Errorf("%v", info)
	}
	if id, _ := info["properties"].(map[string]any)["AMCtxId"].(string); id == "" {
		t.Error("AMCtxId is missing")
	}
	for _, action := range []string{"getSessionInfoAndResetIdleTime", "refresh"} {
		w.now = w.now.Add(time.Minute)
		if _, info := w.post(sessions+action, nil); info["maxIdleExpirationTime"] != w.now.Add(30*time.Minute).Format(time.RFC3339) {
			t.Errorf("%s: %v", action, info)
		}
	}
	w.now = w.now.Add(31 * time.Minute)
	if status, info := w.post(sessions+"getSessionInfo", nil); status != http.StatusOK || info["valid"] != false {
		t.Errorf("a session that has timed out: %d %v", status, info)
	}
}

func TestValidateSaysWhoIsSignedOnAndResetsTheIdleTime(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	w.cookies = map[string]string{}
	for range 3 {
		w.now = w.now.Add(20 * time.Minute)
		status, answer := w.post(sessions+"validate", map[string]string{"tokenId": token})
		if status != http.StatusOK || answer["valid"] != true || answer["uid"] != "ada" || answer["realm"] != "/alpha" {
			t.Fatalf("%d %v", status, answer)
		}
	}
	w.now = w.now.Add(31 * time.Minute)
	for _, wrong := range []string{token, "AQIC5w...nonsense"} {
		if status, answer := w.post(sessions+"validate", map[string]string{"tokenId": wrong}); status != http.StatusOK || len(answer) != 1 || answer["valid"] != false {
			t.Errorf("%d %v", status, answer)
		}
	}
}

func TestVersionsAreNegotiated(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	for version, want := range map[string]int{
		"protocol=1.0,resource=2.0": 200, "resource=3.1, protocol=1.0": 200, "resource=5.1": 200, "protocol=1.0": 200,
		"protocol=2.1,resource=1.0": 200, "resource=99.0": 404, "protocol=9.0": 400, "nonsense": 400,
	} {
		if status, answer := w.post(sessions+"validate", nil, "Accept-API-Version", version); status != want || want != 200 && answer["reason"] != http.StatusText(want) {
			t.Errorf("%s: %d %v", version, status, answer)
		}
	}
	if status, answer := w.post(sessions+"burn", nil); status != http.StatusNotImplemented || answer["message"] != "Action burn not implemented for this resource" {
		t.Errorf("an action that is none: %d %v", status, answer)
	}
}

func TestAnotherSiteCannotActWithTheCookie(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	for _, headers := range [][]string{nil, {"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}} {
		if response, text := w.ask(http.MethodPost, sessions+"logout", "", headers...); response.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %d %s", headers, response.StatusCode, text)
		}
	}
	if response, _ := w.ask(http.MethodPost, sessions+"logout", `{"tokenId":"x"}`, "Content-Type", "text/plain", "X-Requested-With", "x"); response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a body that is not JSON: %d", response.StatusCode)
	}
	if !w.lives() {
		t.Error("the session ended")
	}
}

func TestAPersonEndsTheirOwnSessionsByHandleAndAltogether(t *testing.T) {
	w := newWorld(t, twoRealms)
	first := w.signOn("ada")
	w.cookies = map[string]string{}
	second := w.signOn("ada")
	w.cookies = map[string]string{}
	grace := w.signOn("grace")
	handle := func(token string) string {
		_, properties := w.post(sessions+"getSessionProperties", map[string]string{"tokenId": token})
		return properties["AMCtxId"].(string)
	}
	valid := func(token string) bool {
		_, answer := w.post(sessions+"validate", map[string]string{"tokenId": token})
		return answer["valid"] == true
	}
	_, answer := w.post(sessions+"logoutByHandle", map[string]any{"tokenId": first, "sessionHandles": []string{handle(second), handle(grace)}})
	ended := answer["result"].(map[string]any)
	if ended[handle(first)] != nil || valid(second) || !valid(grace) || !valid(first) {
		t.Errorf("%v", ended)
	}
	if status, _ := w.post(sessions+"logoutByUser", map[string]any{"tokenId": first, "username": "grace"}); status != http.StatusForbidden || !valid(grace) {
		t.Errorf("another's sessions: %d", status)
	}
	if status, answer := w.post(sessions+"logoutByUser", map[string]any{"tokenId": first, "username": "ada"}); status != http.StatusOK || answer["result"] != true || valid(first) {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ := w.post(sessions+"logoutByUser", map[string]any{"tokenId": first, "username": "ada"}); status != http.StatusUnauthorized {
		t.Errorf("a dead token: %d", status)
	}
}
