package piflow_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/piflow"
)

func read(t *testing.T, formData string) piflow.Answer {
	t.Helper()
	a, err := piflow.ReadAnswer([]byte(`{"id":"page","parameters":{"eventType":"submit","data":{"actionKey":"go","formData":` + formData + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnAnswerBecomesWhatABrowsersFormWouldSend(t *testing.T) {
	page := run.Page{Fields: []run.PageField{{Name: "secret", Type: graph.NewPasswordField, Repeat: "secret.repeat"}}}
	for sent, want := range map[string]map[string]string{
		`{"name":"Ada","ticked":true,"age":36.5,"nothing":null}`: {"name": "Ada", "ticked": "true", "age": "36.5", "nothing": ""},
		`{"secret":"once"}`: {"secret": "once", "secret.repeat": "once"},
		`{"phone":{"countryCode":"+44","phoneNumber":"20 7946 0000"}}`:   {"phone": "+44 20 7946 0000"},
		`{"phone":{"countryCode":"0044","phoneNumber":"20 7946 0000"}}`:  {"phone": "+44 20 7946 0000"},
		`{"phone":{"countryCode":"44","phoneNumber":"+31 20 123 4567"}}`: {"phone": "+31 20 123 4567"},
		`{"phone":{"countryCode":"GB","phoneNumber":"020 7946 0000"}}`:   {"phone": "020 7946 0000"},
		`{"phone":{"countryCode":"+44","phoneNumber":""}}`:               {"phone": ""},
		`{"phone":{}}`: {"phone": ""},
		`{"phone":{"countryCode":"+44\r\nX: y","phoneNumber":"20 7946 0"}}`: {"phone": "20 7946 0"},
	} {
		a := read(t, sent)
		got, err := a.Input(page)
		if err != nil || got.Node != "page" || got.Button != "go" || !reflect.DeepEqual(got.Values, want) {
			t.Errorf("%s: %v %v, want %v", sent, got, err, want)
		}
	}
}

func TestAnAnswerOfAPasskeyIsSpelledAsWebAuthnSpellsItAndLeavesByItsField(t *testing.T) {
	page := run.Page{Fields: []run.PageField{{Name: "username", Type: graph.TextField}, {Name: "key", Type: graph.PasskeyField}}}
	a := read(t, `{"username":"","key":{"assertionValue":{"id":"a-_b","rawId":"a+/b==","type":"public-key","response":{"signature":"+/8=","userHandle":null}}}}`)
	got, err := a.Input(page)
	want := `{"id":"a-_b","rawId":"a-_b","response":{"signature":"-_8"},"type":"public-key"}`
	if err != nil || got.Button != "key" || got.Values["key"] != want {
		t.Errorf("%v %v", got, err)
	}
	a = read(t, `{"username":"ada","key":{}}`) // what a client sends of a passkey that was not used
	if got, err = a.Input(page); err != nil || got.Button != "go" || got.Values["key"] != "" {
		t.Errorf("%v %v", got, err)
	}
	for _, sent := range []string{`{"key":{"assertionValue":7}}`, `{"key":{"attestationValue":{"response":"x"}}}`} {
		a := read(t, sent)
		if _, err := a.Input(page); !errors.Is(err, piflow.ErrAnswer) {
			t.Errorf("%s: %v", sent, err)
		}
	}
}

func TestAnAnswerOfAnotherShapeIsRefused(t *testing.T) {
	for _, sent := range []string{`{"list":[1]}`, `{"object":{"x":1}}`, `{"phone":{"phoneNumber":7}}`} {
		a := read(t, sent)
		if _, err := a.Input(run.Page{}); !errors.Is(err, piflow.ErrAnswer) {
			t.Errorf("%s: %v", sent, err)
		}
	}
	for _, body := range []string{"", "[]", `{"parameters":7}`, `{"id":7}`} {
		if _, err := piflow.ReadAnswer([]byte(body)); !errors.Is(err, piflow.ErrAnswer) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func reply(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// options are choices with values of one character.
func options(values string) (all []run.PageOption) {
	for _, v := range values {
		all = append(all, run.PageOption{Value: string(v), Label: "label " + string(v)})
	}
	return all
}

func TestAPageShowsWhatItHoldsAndNoSecret(t *testing.T) {
	page := run.Page{
		Node: "n", Title: "T", Text: "words", Notice: "good", Message: "bad", Image: "/logo.png", QR: "otpauth://x",
		Fields: []run.PageField{
			{Name: "many", Type: graph.ChoiceField, Options: options("123456")},
			{Name: "few", Type: graph.ChoiceField, Value: "1", Options: options("1")},
			{Name: "phone", Type: graph.PhoneField, Value: "+44 20"},
			{Name: "news", Type: graph.CheckboxField, Value: "true"},
			{Name: "key", Type: graph.PasskeyField},
			{Name: "fresh", Type: graph.NewPasskeyField},
			{Name: "unasked", Type: graph.PasskeyField},
			{Name: "company", Type: graph.ExternalField},
		},
		Buttons: []run.PageButton{{Name: "back", Link: true}, {Name: "go"}, {Name: "other"}},
	}
	got := reply(t, piflow.Place{InteractionID: "i", InteractionToken: "t", Next: "https://sso/next", Passkeys: map[string]json.RawMessage{
		"key":   json.RawMessage(`{"challenge":"Af8","allowCredentials":[{"id":"Ag","type":"public-key"}]}`),
		"fresh": json.RawMessage(`{"challenge":"AQ","user":{"id":"Aw","name":"ada"}}`),
	}}.Page(page))
	if strings.Contains(got, "unasked") || strings.Contains(got, "company") {
		t.Errorf("a way that no page of an application can go stands in %s", got)
	}
	for _, part := range []string{
		`"interactionToken":"t"`, `"next":{"href":"https://sso/next"}`, `"content":"words"`, `"content":"good"`, `"content":"bad"`,
		`"type":"DROPDOWN","key":"many"`, `"type":"RADIO","key":"few"`, `"imageUrl":"/logo.png"`, `"type":"QR_CODE"`, `"type":"FIDO2","key":"key"`, `"action":"AUTHENTICATE"`, `"challenge":[1,255]`, `"allowCredentials":[{"id":[2],"type":"public-key"}]`,
		`"type":"FIDO2","key":"fresh"`, `"action":"REGISTER"`, `"user":{"id":[3],"name":"ada"}`,
		`"few":"1"`, `"news":true`, `"phone":{"countryCode":"+44","phoneNumber":"20"}`,
		`"type":"FLOW_LINK","key":"back"`, `"type":"SUBMIT_BUTTON","key":"go"`, `"type":"FLOW_BUTTON","key":"other"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

func TestARefusalNamesEachFieldAndAPageWithoutFaultIsNone(t *testing.T) {
	page := run.Page{Fields: []run.PageField{{Name: "a", Problem: run.Missing, Message: "fill in"}, {Name: "b"}, {Name: "c", Message: "wrong"}}}
	answer, refused := piflow.Place{}.Refused(page)
	got := reply(t, answer)
	for _, part := range []string{
		`{"code":"REQUIRED_VALUE","target":"a","message":"fill in"}`, `{"code":"INVALID_VALUE","target":"c","message":"wrong"}`, `"httpResponseCode":400`,
	} {
		if !refused || !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if _, refused := (piflow.Place{}).Refused(run.Page{Fields: []run.PageField{{Name: "b"}}}); refused {
		t.Error("a page without fault is refused")
	}
}

func TestAPageThatWaitsIsAskedAgainAndPolledThroughTheFlow(t *testing.T) {
	page := run.Page{Node: "n", Wait: &run.PageWait{ChallengeID: "c", Every: 2 * time.Second, Looks: 150}, Buttons: []run.PageButton{{Name: "cancel", Link: true}}}
	place := piflow.Place{InteractionID: "i", InteractionToken: "t", Next: "https://sso/next"}
	if got := reply(t, place.Page(page)); !strings.Contains(got, `"type":"POLLING","key":"_poll","required":false,"pollInterval":2000,"pollRetries":150`) {
		t.Error(got)
	}
	if got := reply(t, place.Pending(page)); !strings.Contains(got, `"eventName":"rewindStateToLastRenderedUI"`) || !strings.Contains(got, `"interactionToken":"t"`) {
		t.Error(got)
	}
	a, err := piflow.ReadAnswer([]byte(`{"id":"n","parameters":{"eventType":"polling","data":{"actionKey":"","formData":{"_poll":"continue"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if in, err := a.Input(page); err != nil || !in.Poll || in.Node != "n" || in.Button != "" {
		t.Errorf("%+v %v", in, err)
	}
	page.Wait = nil
	if in, err := a.Input(page); err != nil || in.Poll {
		t.Errorf("a page that does not wait is polled: %+v %v", in, err)
	}
}
