package am_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// types are the callbacks of an answer, with their inputs.
func types(answer map[string]any) string {
	var said []string
	for _, c := range answer["callbacks"].([]any) {
		c := c.(map[string]any)
		text := c["type"].(string)
		inputs, _ := c["input"].([]any)
		for _, in := range inputs {
			text += " " + in.(map[string]any)["name"].(string)
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

func output(answer map[string]any, callback int, name string) any {
	for _, o := range answer["callbacks"].([]any)[callback].(map[string]any)["output"].([]any) {
		if o := o.(map[string]any); o["name"] == name {
			return o["value"]
		}
	}
	return nil
}

func TestAFormBecomesNamePasswordAndConfirmationCallbacks(t *testing.T) {
	w := newWorld(t, twoRealms)
	status, page := w.post(alpha+"/authenticate?authIndexType=service&authIndexValue=sign-on", nil)
	if status != http.StatusOK || page["authId"] == "" || page["header"] != "Sign on" || page["description"] != "To Alpha" {
		t.Errorf("%d %v", status, page)
	}
	if got := types(page); got != "NameCallback IDToken1, PasswordCallback IDToken2, ConfirmationCallback IDToken3" {
		t.Error(got)
	}
	if output(page, 0, "prompt") != "User Name" || fmt.Sprint(output(page, 2, "options")) != "[Sign on Cancel]" {
		t.Errorf("%v", page)
	}
	status, answer := w.post(alpha+"/authenticate", fill(page, "ada", "correct horse ada"))
	if status != http.StatusOK || answer["tokenId"] == "" || answer["tokenId"] != w.cookies[cookie] || answer["realm"] != "/alpha" || answer["successUrl"] == "" {
		t.Errorf("%d %v", status, answer)
	}
}

func TestEveryFieldHasItsCallback(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate?authIndexType=service&authIndexValue=enrol", nil)
	const want = "TextOutputCallback, NameCallback IDToken2, ChoiceCallback IDToken3, BooleanAttributeInputCallback IDToken4 IDToken4validateOnly, " +
		"TextInputCallback IDToken5, PasswordCallback IDToken6, PasswordCallback IDToken7"
	if got := types(page); got != want {
		t.Fatalf("%s\nwanted %s", got, want)
	}
	if output(page, 0, "message") != "Almost there." || output(page, 0, "messageType") != "0" || fmt.Sprint(output(page, 2, "choices")) != "[Red Green]" {
		t.Errorf("%v", page)
	}
	status, again := w.post(alpha+"/authenticate", fill(page, nil, "ada", 1, true, "Porto", "correct horse x", "something else"))
	if status != http.StatusOK || output(again, 5, "messageType") != "2" || output(again, 4, "defaultText") != "Porto" {
		t.Fatalf("the second entry differs: %d %v", status, again)
	}
	_, page = w.post(alpha+"/authenticate?authIndexType=service&authIndexValue=enrol", nil)
	status, answer := w.post(alpha+"/authenticate", fill(page, nil, "ada", 1, true, "Porto", "correct horse x", "correct horse x"))
	if status != http.StatusUnauthorized || answer["message"] != "g Porto true" {
		t.Errorf("%d %v", status, answer)
	}
}

func TestAWrongPasswordIsToldAndAsksAgainAndCancellingFails(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate", map[string]any{})
	_, again := w.post(alpha+"/authenticate", fill(page, "ada", "wrong", 0))
	if got := types(again); !strings.HasPrefix(got, "TextOutputCallback, NameCallback") || output(again, 0, "message") != "Not right." || output(again, 0, "messageType") != "2" {
		t.Fatalf("%v", again)
	}
	status, answer := w.post(alpha+"/authenticate", fill(again, nil, "ada", "", 1))
	if status != http.StatusUnauthorized || answer["code"] != 401.0 || answer["reason"] != "Unauthorized" || answer["message"] != "Login failure" || answer["detail"].(map[string]any)["failureUrl"] != "" {
		t.Errorf("%d %v", status, answer)
	}
	if w.cookies[cookie] != "" {
		t.Error("a cookie was set")
	}
}

// another is an authId with another step in it, and the signature of the first.
func another(t *testing.T, authID string) string {
	t.Helper()
	parts := strings.Split(authID, ".")
	claims := claimsOf(t, authID)
	if claims["realm"] != "/alpha" || claims["step"] != 1.0 {
		t.Fatalf("%v", claims)
	}
	claims["step"] = 2
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(raw)
	return strings.Join(parts, ".")
}

func TestAnAuthIDCountsOnceAndCannotBeForged(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate", nil)
	first := page["authId"].(string)
	_, again := w.post(alpha+"/authenticate", fill(page, "ada", "wrong", 0))
	if again["authId"] == first {
		t.Error("the next step has the same authId")
	}
	if status, answer := w.post(alpha+"/authenticate", fill(page, "ada", "correct horse ada", 0)); status != http.StatusUnauthorized || answer["message"] != "Session has timed out" {
		t.Errorf("an answered one: %d %v", status, answer)
	}
	good := again["authId"].(string)
	for name, forged := range map[string]string{"changed": good[:len(good)-2] + "AA", "another step": another(t, good), "unsigned": "eyJhbGciOiJub25lIn0.e30.", "nonsense": "x"} {
		again["authId"] = forged
		if status, answer := w.post(alpha+"/authenticate", fill(again, nil, "ada", "correct horse ada", 0)); status != http.StatusBadRequest || forged == good {
			t.Errorf("%s: %d %v", name, status, answer)
		} else if want := map[bool]string{true: "Failed to parse JWT", false: "AuthId JWT Signature not valid"}[name == "nonsense"]; answer["message"] != want {
			t.Errorf("%s: %v", name, answer)
		}
	}
	again["authId"] = good
	if status, _ := w.post(host+"/am/json/realms/root/authenticate", fill(again, nil, "ada", "correct horse ada", 0)); status != http.StatusBadRequest {
		t.Errorf("in another realm: %d", status)
	}
	mine := w.cookies
	w.cookies = map[string]string{}
	_, _ = w.post(alpha+"/authenticate", nil)
	if status, _ := w.post(alpha+"/authenticate", fill(again, nil, "ada", "correct horse ada", 0)); status != http.StatusUnauthorized {
		t.Errorf("in another browser: %d", status)
	}
	w.cookies = mine
	if status, answer := w.post(alpha+"/authenticate", fill(again, nil, "ada", "correct horse ada", 0)); status != http.StatusOK || answer["tokenId"] == nil {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ := w.post(alpha+"/authenticate", fill(again, nil, "ada", "correct horse ada", 0)); status != http.StatusUnauthorized {
		t.Errorf("after the end: %d", status)
	}
}

func TestNoSessionProvesSomebodyAndBeginsNothing(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate?noSession=true", nil)
	status, answer := w.post(alpha+"/authenticate?noSession=true", fill(page, "ada", "correct horse ada", 0))
	if status != http.StatusOK || answer["tokenId"] != nil || answer["message"] != "Authentication Successful" || w.cookies[cookie] != "" || w.lives() {
		t.Errorf("%d %v %v", status, answer, w.cookies)
	}
	w.signOn("grace")
	_, page = w.post(alpha+"/authenticate?noSession=true&ForceAuth=true", nil)
	w.post(alpha+"/authenticate", fill(page, "ada", "correct horse ada", 0))
	if _, info := w.post(sessions+"getSessionInfo", nil); info["username"] != "grace" {
		t.Errorf("the session of somebody else: %v", info)
	}
}

func TestALiveSessionIsNotAskedAgain(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	status, answer := w.post(alpha+"/authenticate", nil)
	if status != http.StatusOK || answer["tokenId"] == nil {
		t.Fatalf("%d %v", status, answer)
	}
	for _, each := range []string{token, answer["tokenId"].(string)} {
		if _, valid := w.post(sessions+"validate", map[string]string{"tokenId": each}); valid["valid"] != true {
			t.Errorf("%v", valid)
		}
	}
	if _, page := w.post(alpha+"/authenticate?ForceAuth=true", nil); page["authId"] == nil {
		t.Errorf("ForceAuth: %v", page)
	}
}

func TestCallersChooseAmongTheFlowsOfApplications(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, query := range []string{"authIndexType=service&authIndexValue=nothing", "authIndexType=module&authIndexValue=sign-on"} {
		if status, answer := w.post(alpha+"/authenticate?"+query, nil); status != http.StatusBadRequest || answer["message"] != "No Configuration found" {
			t.Errorf("%s: %d %v", query, status, answer)
		}
	}
	if response, _ := w.get(alpha + "/authenticate"); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", response.StatusCode)
	}
}

func TestAnswersThatDoNotFitTheQuestionAreRefused(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate", nil)
	for name, callbacks := range map[string]any{
		"none": []any{}, "fewer": page["callbacks"].([]any)[:2],
		"another type": []any{map[string]any{"type": "PasswordCallback"}, map[string]any{"type": "PasswordCallback"}, map[string]any{"type": "ConfirmationCallback"}},
	} {
		if status, answer := w.post(alpha+"/authenticate", map[string]any{"authId": page["authId"], "callbacks": callbacks}); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if status, _ := w.post(alpha+"/authenticate", fill(page, "ada", "correct horse ada", 7)); status != http.StatusBadRequest {
		t.Errorf("a button that is not there: %d", status)
	}
	if status, answer := w.post(alpha+"/authenticate", fill(page, "ada", "correct horse ada", 0)); status != http.StatusOK {
		t.Errorf("the right answer after wrong ones: %d %v", status, answer)
	}
}

func TestHeadersBringTheFirstPagesAnswerAlong(t *testing.T) {
	w := newWorld(t, twoRealms)
	status, answer := w.post(alpha+"/authenticate", nil, "X-OpenAM-Username", "=?UTF-8?Q?ada?=", "X-OpenAM-Password", "correct horse ada")
	if status != http.StatusOK || answer["tokenId"] == nil || answer["tokenId"] != w.cookies[cookie] {
		t.Errorf("%d %v", status, answer)
	}
	w.cookies = map[string]string{}
	if _, again := w.post(alpha+"/authenticate", nil, "X-OpenAM-Username", "ada", "X-OpenAM-Password", "wrong"); again["authId"] == nil || output(again, 0, "message") != "Not right." {
		t.Errorf("a wrong password: %v", again)
	}
	for _, headers := range [][]string{{"X-OpenAM-Username", "ada"}, {"X-OpenAM-Password", "correct horse ada"}} {
		if _, page := w.post(alpha+"/authenticate", nil, headers...); page["authId"] == nil || len(page["callbacks"].([]any)) != 3 {
			t.Errorf("%s alone: %v", headers[0], page)
		}
	}
	if _, page := w.post(alpha+"/authenticate?authIndexType=service&authIndexValue=enrol", nil, "X-OpenAM-Username", "ada", "X-OpenAM-Password", "x"); page["authId"] == nil {
		t.Errorf("a page that asks for something else: %v", page)
	}
}
