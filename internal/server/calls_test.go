package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/fixture"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// neighbour is a server that flows call, and what it heard.
type neighbour struct {
	*httptest.Server

	heard atomic.Int64
	ask   func(inputs map[string]any) (connector.Result, error)
}

func callable(t *testing.T, answer http.HandlerFunc) *neighbour {
	t.Helper()
	n := &neighbour{}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.heard.Add(1)
		answer(w, r)
	}))
	t.Cleanup(n.Close)
	n.ask = asking(t, outbound.NewWith(outbound.Options{}), tenant.HTTPHost{Origin: n.URL})
	return n
}

// asking gives http.request of an environment that lists hosts.
func asking(t *testing.T, client *outbound.Client, hosts ...tenant.HTTPHost) func(map[string]any) (connector.Result, error) {
	t.Helper()
	tenants, err := tenant.New([]*tenant.Environment{{ID: "home", HTTPHosts: hosts}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	capability := connector.NewRegistry(builtin.All(builtin.Ports{HTTP: calls{tenants, client}})...).Lookup("http.request")
	return func(inputs map[string]any) (connector.Result, error) {
		for _, field := range capability.Inputs {
			if inputs[field.Name] == nil && field.Default != nil {
				inputs[field.Name] = field.Default
			}
		}
		return capability.Run(context.Background(), connector.Call{EnvironmentID: "home", Inputs: inputs})
	}
}

func TestAFlowCallsAServerAndReadsWhatItExpects(t *testing.T) {
	var method, query, header, secret, body string
	n := callable(t, func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		method, query, header, secret, body = r.Method, r.URL.RawQuery, r.Header.Get("X-Tenant"), r.Header.Get("Authorization"), string(sent)
		_, _ = io.WriteString(w, `{"id": 7, "name": "Ada", "since": "2026-11-22", "lent": "15m", "tags": ["a", "b"], "more": {"x": 1}, "secret": "not asked for"}`)
	})
	result, err := n.ask(map[string]any{
		"url": n.URL + "/people?fixed=1", "method": "POST", "query": map[string]any{"q": "a&b"}, "headers": map[string]any{"X-Tenant": "home"},
		"json": map[string]any{"n": 1.5}, "secret": connector.NewSecret("s3cret"),
		"expect": map[string]any{"id": "string", "name": "string", "since": "time", "lent": "duration", "tags": "list<string>", "more": "object", "gone": "number?"},
	})
	if err != nil || result.Outcome != "ok" || result.Output["status"] != 200.0 {
		t.Fatalf("%+v, %v", result, err)
	}
	want := map[string]any{
		"id": "7", "name": "Ada", "since": time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), "lent": 15 * time.Minute,
		"tags": []any{"a", "b"}, "more": map[string]any{"x": 1.0}, "gone": nil,
	}
	if !reflect.DeepEqual(result.Output["body"], want) {
		t.Errorf("read was %v", result.Output["body"])
	}
	if method != "POST" || query != "fixed=1&q=a%26b" || header != "home" || secret != "Bearer s3cret" || body != `{"n":1.5}` {
		t.Errorf("heard: %s %s, %s, %s, %s", method, query, header, secret, body)
	}
}

func TestTheStatusDecidesTheOutcome(t *testing.T) {
	status := 0
	n := callable(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "{}")
	})
	for code, outcome := range map[int]string{200: "ok", 201: "ok", 302: "failed", 404: "notFound", 410: "notFound", 400: "refused", 403: "refused", 500: "failed", 503: "failed"} {
		status = code
		result, err := n.ask(map[string]any{"url": n.URL, "method": "POST"})
		if err != nil || result.Outcome != outcome {
			t.Errorf("%d: %s, %v, wanted %s", code, result.Outcome, err, outcome)
		}
	}
}

func TestAnAnswerThatIsNotWhatWasExpectedIsAnErrorThatTellsNothingOfIt(t *testing.T) {
	answer := ""
	n := callable(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
	for _, answer = range []string{
		`{"age": "delicate"}`, `{}`, `{"age": null}`, `["delicate"]`, `delicate`, ``, `{"age": 1`, `{"age": ` + strings.Repeat(" ", builtin.MaxReply) + `1}`,
	} {
		result, err := n.ask(map[string]any{"url": n.URL, "expect": map[string]any{"age": "number"}})
		if err == nil || strings.Contains(err.Error(), "delicate") {
			t.Errorf("%.30q: %+v, %v", answer, result, err)
		}
	}
}

func TestOnlyServersThatTheEnvironmentListsAreCalledAndNoneInPrivateNetworks(t *testing.T) {
	n := callable(t, func(http.ResponseWriter, *http.Request) {})
	listed := n.URL
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a server was called that nobody listed") }))
	t.Cleanup(other.Close)
	for _, address := range []string{
		other.URL, strings.Replace(listed, "http://", "http://user@", 1), listed + ".example.com/", "https" + strings.TrimPrefix(listed, "http"), "/relative", "file:///etc/passwd",
	} {
		if result, err := n.ask(map[string]any{"url": address}); err == nil {
			t.Errorf("%s: %+v", address, result)
		}
	}
	if n.heard.Load() != 0 {
		t.Error("the listed server was called by another name")
	}
	for _, leads := range []string{"10.1.2.3", "127.0.0.1", "169.254.169.254"} {
		client := outbound.NewWith(outbound.Options{Resolver: fixture.Names(t, leads)})
		ask := asking(t, client, tenant.HTTPHost{Origin: "https://api.example.com"})
		if result, err := ask(map[string]any{"url": "https://api.example.com/", "timeout": time.Second}); err == nil || strings.Contains(err.Error(), "example.com") {
			t.Errorf("a name that leads to %s: %+v, %v", leads, result, err)
		}
	}
}

func TestWhatMayBeSentAgainIsSentThreeTimesAndNothingElse(t *testing.T) {
	n := callable(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	for method, want := range map[string]int64{"GET": 3, "PUT": 3, "DELETE": 3, "POST": 1, "PATCH": 1} {
		n.heard.Store(0)
		if result, err := n.ask(map[string]any{"url": n.URL, "method": method}); err != nil || result.Outcome != "failed" || n.heard.Load() != want {
			t.Errorf("%s: %+v, %v after %d times", method, result, err, n.heard.Load())
		}
	}
	back := false
	recovering := callable(t, func(w http.ResponseWriter, _ *http.Request) {
		if !back {
			back = true
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]int{"n": 1})
	})
	if result, err := recovering.ask(map[string]any{"url": recovering.URL}); err != nil || result.Outcome != "ok" {
		t.Errorf("a server that came back: %+v, %v", result, err)
	}
}

func TestAServerThatHangsIsNotWaitedForLongerThanTheFlowSays(t *testing.T) {
	release := make(chan struct{})
	n := callable(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	if result, err := n.ask(map[string]any{"url": n.URL, "timeout": 200 * time.Millisecond}); err == nil {
		t.Errorf("%+v", result)
	}
	for _, bad := range []time.Duration{-time.Second, 16 * time.Second} {
		if _, err := n.ask(map[string]any{"url": n.URL, "timeout": bad}); err == nil {
			t.Errorf("a timeout of %v was taken", bad)
		}
	}
}
