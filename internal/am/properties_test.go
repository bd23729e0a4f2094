package am_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// governed is a provider with administrators and properties: alpha is the environment, / and /beta have sessions of their own.
const governed = "{environmentRealm: /alpha, realms: [{name: /, administrators: [root]}, {name: /alpha, administrators: [grace], sessionProperties: [place, step]}, {name: /beta}]}"

func TestPropertiesOnTheAllowListAreSetAndReadByWhoeverHoldsTheToken(t *testing.T) {
	w := newWorld(t, governed)
	token := w.signOn("ada")
	w.cookies = map[string]string{}
	if _, got := w.post(sessions+"getSessionProperties", nil, cookie, token); got["place"] != "" || got["step"] != "" || got["AMCtxId"] == "" || len(got) != 3 {
		t.Errorf("%v", got)
	}
	status, got := w.post(sessions+"updateSessionProperties", map[string]string{"place": "Porto"}, cookie, token)
	if status != http.StatusOK || got["place"] != "Porto" || got["step"] != "" {
		t.Errorf("%d %v", status, got)
	}
	if _, info := w.post(sessions+"getSessionInfo", map[string]string{"tokenId": token}); info["properties"].(map[string]any)["place"] != "Porto" {
		t.Errorf("%v", info)
	}
	if _, got := w.post(sessions+"updateSessionProperties", map[string]string{"place": "", "step": "2"}, cookie, token); got["place"] != "" || got["step"] != "2" {
		t.Errorf("%v", got)
	}
}

func TestPropertiesThatAreNotListedAreRefusedAndNothingIsSet(t *testing.T) {
	w := newWorld(t, governed)
	token := w.signOn("ada")
	for body, want := range map[string]int{
		`{"place":"Porto","other":"x"}`: http.StatusForbidden, `{"AMCtxId":"x"}`: http.StatusForbidden, `{}`: http.StatusBadRequest,
		``: http.StatusBadRequest, `{"place":1}`: http.StatusBadRequest, `{"place":"` + strings.Repeat("x", 9<<10) + `"}`: http.StatusBadRequest,
	} {
		response, text := w.ask(http.MethodPost, sessions+"updateSessionProperties", body, "Content-Type", "application/json", "Accept-API-Version", "resource=4.0")
		if response.StatusCode != want || !strings.Contains(text, fmt.Sprintf(`{"code":%d,"reason":"%s"`, want, http.StatusText(want))) {
			t.Errorf("%.40s: %d %s", body, response.StatusCode, text)
		}
	}
	if _, got := w.post(sessions+"getSessionProperties", nil, cookie, token); got["place"] != "" {
		t.Errorf("%v", got)
	}
	if status, _ := w.post(sessions+"updateSessionProperties", map[string]string{"place": "x"}, cookie, "nonsense"); status != http.StatusUnauthorized {
		t.Errorf("no session: %d", status)
	}
}

// query asks for sessions as AM's manual shows it.
func (w *world) query(realm, token, filter string) (int, map[string]any) {
	w.t.Helper()
	response, text := w.get(realm+"/sessions?_queryFilter="+url.QueryEscape(filter), "Accept-API-Version", "resource=4.0", cookie, token)
	return response.StatusCode, decode(w.t, text)
}

func TestAnAdministratorOfTheRealmQueriesSessionsAndEndsThemByHandle(t *testing.T) {
	w := newWorld(t, governed)
	grace := w.signOn("grace")
	w.cookies = map[string]string{}
	ada := w.signOn("ada")
	w.cookies = map[string]string{}
	status, answer := w.query(alpha, grace, `username eq "ada" and realm eq "/alpha"`)
	if status != http.StatusOK || answer["resultCount"] != 1.0 || answer["totalPagedResultsPolicy"] != "NONE" || answer["remainingPagedResults"] != -1.0 {
		t.Fatalf("%d %v", status, answer)
	}
	found := answer["result"].([]any)[0].(map[string]any)
	if found["username"] != "ada" || found["realm"] != "/alpha" || found["universalId"] != "id=ada,ou=user,o=alpha,ou=services,ou=am-config" || found["maxIdleExpirationTime"] == "" {
		t.Errorf("%v", found)
	}
	handle := found["sessionHandle"].(string)
	if _, answer := w.post(sessions+"logoutByHandle", map[string]any{"sessionHandles": []string{handle, "shandle:nobody.x"}}, cookie, grace); fmt.Sprint(answer["result"]) != "map["+handle+":true shandle:nobody.x:false]" {
		t.Errorf("%v", answer)
	}
	if _, valid := w.post(sessions+"validate", map[string]string{"tokenId": ada}); valid["valid"] != false {
		t.Error("the session lives")
	}
}

func TestAnAdministratorEndsAllSessionsOfAnybodyInTheirRealmAlone(t *testing.T) {
	w := newWorld(t, governed)
	grace := w.signOn("grace")
	w.cookies = map[string]string{}
	ada := w.signOn("ada")
	inBeta := w.signOnAt(beta, "ada")
	w.cookies = map[string]string{}
	if status, answer := w.post(sessions+"logoutByUser", map[string]string{"username": "ada"}, cookie, grace); status != http.StatusOK || answer["result"] != true {
		t.Fatalf("%d %v", status, answer)
	}
	for at, c := range map[string]struct {
		token string
		lives bool
	}{sessions: {ada, false}, betaSessions: {inBeta, true}} {
		if _, valid := w.post(at+"validate", map[string]string{"tokenId": c.token}); valid["valid"] != c.lives {
			t.Errorf("%s: %v", at, valid)
		}
	}
}

func TestNobodyElseQueriesSessionsAndNoAdministratorLooksIntoAnotherRealm(t *testing.T) {
	w := newWorld(t, governed)
	ada := w.signOn("ada")
	w.cookies = map[string]string{}
	grace := w.signOn("grace")
	graceInBeta := w.signOnAt(beta, "grace")
	w.cookies = map[string]string{}
	const ofAlpha, ofBeta = `username eq "ada" and realm eq "/alpha"`, `realm eq "/beta" and username eq "ada"`
	for name, c := range map[string]struct {
		at, token, filter string
		status            int
	}{
		"not an administrator":             {alpha, ada, ofAlpha, http.StatusForbidden},
		"of another realm":                 {alpha, grace, ofBeta, http.StatusForbidden},
		"with a token of another realm":    {alpha, graceInBeta, ofAlpha, http.StatusUnauthorized},
		"where they are nobody":            {beta, graceInBeta, ofBeta, http.StatusForbidden},
		"without a token":                  {alpha, "", ofAlpha, http.StatusUnauthorized},
		"a realm that is not there":        {alpha, grace, `username eq "ada" and realm eq "/gamma"`, http.StatusForbidden},
		"everything":                       {alpha, grace, `true`, http.StatusBadRequest},
		"two users":                        {alpha, grace, `username eq "ada" and username eq "grace"`, http.StatusBadRequest},
		"an administrator, about a nobody": {alpha, grace, `username eq "nobody" and realm eq "/alpha"`, http.StatusOK},
	} {
		status, answer := w.query(c.at, c.token, c.filter)
		if status != c.status || status == http.StatusOK && answer["resultCount"] != 0.0 {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestAnAdministratorOfTheRootLooksIntoEveryRealm(t *testing.T) {
	w := newWorld(t, strings.Replace(governed, "[root]", "[grace]", 1))
	w.signOnAt(beta, "ada")
	w.cookies = map[string]string{}
	root := host + "/am/json/realms/root"
	token := w.signOnAt(root, "grace")
	w.cookies = map[string]string{}
	for realm, count := range map[string]float64{"/alpha": 0, "/beta": 1} {
		if status, answer := w.query(root, token, `username eq "ada" and realm eq "`+realm+`"`); status != http.StatusOK || answer["resultCount"] != count {
			t.Errorf("%s: %d %v", realm, status, answer)
		}
	}
}

func TestServerInfoNamesTheSessionCookie(t *testing.T) {
	w := newWorld(t, "{cookieName: \"00d1bb89fc12e5c\", realms: [{name: /alpha}, {name: /beta}]}")
	response, text := w.get(alpha+"/serverinfo/*", "Accept-API-Version", "protocol=2.1,resource=1.0")
	if info := decode(t, text); response.StatusCode != http.StatusOK || info["cookieName"] != "00d1bb89fc12e5c" || info["realm"] != "/alpha" || info["secureCookie"] != true {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if response, text := w.get(alpha + "/serverinfo/cookieDomains"); response.StatusCode != http.StatusOK || text != `{"domains":[]}` {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}
