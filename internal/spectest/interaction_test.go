package spectest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
)

// interaction is a flow in the hands of an application's page.
type interaction struct {
	app, next, id, token, node string
	earlier                    string // the token before
}

// asks are words of a line that change how a page asks.
type asks struct {
	origin   string
	bare     bool // without cookies
	post     bool
	kind     string
	token    string
	id       string
	fields   map[string]any
	button   string
	rest     []string
	node     string
	announce bool // as a browser does that navigates
}

func (w *world) asks(app string, words []string) asks {
	a := asks{origin: originOf(app), kind: "application/json", fields: map[string]any{}, button: "signOn"}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "origin":
			a.origin = value
		case "bare":
			a.bare = true
		case "post":
			a.post = true
		case "kind":
			a.kind = value
		case "token":
			a.token = value
		case "interaction":
			a.id = value
		case "button":
			a.button = value
		case "node":
			a.node = value
		case "navigates":
			a.announce = true
		case "username", "password":
			a.fields[name] = strings.ReplaceAll(value, "+", " ")
		case "agree":
			a.fields[name] = value == "true"
		case "number":
			a.fields["username"] = []int{1}
		default:
			a.rest = append(a.rest, word)
		}
	}
	return a
}

// page sends a request as a page of an application does.
func (w *world) page(r *http.Request, a asks) (*http.Response, map[string]any) {
	if a.origin != "" {
		r.Header.Set("Origin", a.origin)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-site")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	if a.announce {
		r.Header.Set("Sec-Fetch-Mode", "navigate")
	}
	agent := w.current
	if a.bare {
		agent = newBrowser()
	}
	response, text := agent.visit(w, r)
	var body map[string]any
	if text != "" {
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			w.t.Fatalf("%v in %s", err, text)
		}
	}
	if a.origin == originOf(w.interaction.app) && response.Header.Get("Access-Control-Allow-Origin") != a.origin {
		w.t.Errorf("the page at %s may not read the answer", a.origin)
	}
	return response, body
}

// begin asks authorize for a flow by JSON.
func (w *world) begin(app string, words []string) []string {
	a := w.asks(app, words)
	w.interaction = interaction{app: app}
	if len(a.rest) == 0 || a.rest[0] != "pushed" {
		a.rest = append([]string{"response_mode=pi.flow"}, a.rest...)
	}
	q := w.query(app, a.rest)
	address := "https://" + issuerHost + "/as/authorize"
	r := httptest.NewRequest(http.MethodGet, address+"?"+q.Encode(), nil)
	if a.post {
		r = httptest.NewRequest(http.MethodPost, address+"?"+q.Encode(), nil)
	}
	if a.post && a.kind == "form" {
		r = httptest.NewRequest(http.MethodPost, address, strings.NewReader(q.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, body := w.page(r, a)
	return w.replied(app, response, body)
}

// answer sends what the page collected.
func (w *world) answer(words []string) []string {
	i := &w.interaction
	a := w.asks(i.app, words)
	token, id, node := i.token, i.id, i.node
	switch a.token {
	case "earlier":
		token = i.earlier
	case "wrong":
		token = "wrong"
	}
	if a.id != "" {
		id = a.id
	}
	if a.node != "" {
		node = a.node
	}
	eventType := "submit"
	if a.button == "cancel" {
		eventType = "action"
	}
	sent, err := json.Marshal(map[string]any{
		"id": node, "eventName": "continue", "interactionId": id,
		"parameters": map[string]any{"eventType": eventType, "data": map[string]any{"actionKey": a.button, "formData": a.fields}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, i.next, strings.NewReader(string(sent)))
	r.Header.Set("Content-Type", a.kind)
	r.Header.Set("interactionId", id)
	r.Header.Set("interactionToken", token)
	response, body := w.page(r, a)
	return w.replied(i.app, response, body)
}

// replied takes a reply apart by the rules of @forgerock/davinci-client.
func (w *world) replied(app string, response *http.Response, body map[string]any) []string {
	i, got := &w.interaction, []string{strconv.Itoa(response.StatusCode)}
	text := func(value any) string { s, _ := value.(string); return s }
	switch given, ended := body["authorizeResponse"].(map[string]any); {
	case response.StatusCode >= http.StatusBadRequest:
		return append(got, faults(body)...)
	case body["error"] != nil:
		return append(got, "failure="+text(body["error"].(map[string]any)["code"]))
	case ended:
		got = append(got, "success")
		values := url.Values{}
		for name, value := range given {
			values.Set(name, text(value))
		}
		return append(got, w.received(app, values)...)
	case body["form"] != nil:
		if i.token != text(body["interactionToken"]) {
			i.earlier = i.token
			got = append(got, "new-token")
		}
		i.id, i.token, i.node = text(body["interactionId"]), text(body["interactionToken"]), text(body["id"])
		i.next = text(body["_links"].(map[string]any)["next"].(map[string]any)["href"])
		got = append(got, "form="+i.node)
		for _, f := range body["form"].(map[string]any)["components"].(map[string]any)["fields"].([]any) {
			got = append(got, text(f.(map[string]any)["type"])+":"+text(f.(map[string]any)["key"]))
		}
	}
	return got
}

// faults are the codes of a refusal and the fields that they are about.
func faults(body map[string]any) []string {
	var got []string
	switch code := body["code"].(type) {
	case string:
		got = append(got, "code="+code)
	case float64:
		got = append(got, "code="+strconv.Itoa(int(code)))
	}
	details, _ := body["details"].([]any)
	for _, d := range details {
		detail := d.(map[string]any)
		if code, ok := detail["code"].(string); ok {
			got = append(got, "detail="+code)
		}
		raw, ok := detail["rawResponse"].(map[string]any)
		if !ok {
			continue
		}
		for _, one := range raw["details"].([]any) {
			got = append(got, "field="+one.(map[string]any)["target"].(string))
		}
	}
	return got
}
