package builtin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vigil/engine/connector"
)

// HTTP calls other servers: those that the environment allows, and no others.
type HTTP interface {
	// Do sends a request and reads at most MaxReply bytes of the answer. Redirects are answers like any other.
	Do(ctx context.Context, request HTTPRequest) (HTTPReply, error)
}

// HTTPRequest is one request.
type HTTPRequest struct {
	EnvironmentID string
	Method, URL   string
	Header        http.Header
	Body          []byte // nil: none
}

// HTTPReply is the answer.
type HTTPReply struct {
	Status int
	Body   []byte
}

// Limits of a request.
const (
	MaxReply      = 256 << 10 // bytes
	maxBody       = 64 << 10  // bytes
	usualPatience = 5 * time.Second
	mostPatience  = 15 * time.Second
	tries         = 3 // of a request that may be sent again
	firstPause    = 200 * time.Millisecond
)

func httpRequest(port HTTP) connector.Capability {
	status := connector.Field{Name: "status", Type: required(connector.Number), Doc: "The status of the answer."}
	return connector.Capability{
		Name: "http.request",
		Doc: "Calls another server, of those that the environment lists under httpHosts, and reads its JSON. GET, PUT and DELETE are tried three times where nothing " +
			"answers, or 502, 503 or 504 does. An answer that is not what expect says is an error.",
		Inputs: []connector.Field{
			{Name: "url", Type: required(connector.String), Doc: "Where to, such as https://api.example.com/people."},
			{Name: "method", Type: required(connector.String), Default: http.MethodGet, Doc: "GET, POST, PUT, PATCH or DELETE. Left out: GET."},
			{Name: "query", Type: optional(connector.Object), Doc: "What is added to the address: names with texts, numbers, true and false."},
			{Name: "headers", Type: optional(connector.Object), Doc: "Headers by name. No secret can stand there."},
			{Name: "json", Type: optional(connector.Object), Doc: "What is sent, as JSON, at most 64 KiB."},
			{Name: "secret", Type: optional(connector.Secret), Doc: "What proves us there, such as secrets.crm."},
			{Name: "secretHeader", Type: required(connector.String), Default: "Authorization", Doc: "The header that it goes in. Left out: Authorization."},
			{Name: "secretPrefix", Type: required(connector.String), Default: "", Doc: "What stands before it there. Left out: Bearer in Authorization, nothing elsewhere."},
			{Name: "timeout", Type: required(connector.Duration), Default: usualPatience, Doc: "For all tries together, at most 15s. Left out: 5s."},
			{Name: "expect", Type: optional(connector.Object), Doc: "The fields of body, written out: names with types. Others are dropped."},
		},
		Outcomes: []connector.Outcome{
			{Name: "ok", Doc: "The status was 200 to 299.", Outputs: []connector.Field{
				status, {Name: "body", Type: required(connector.Object), Doc: "The fields that expect names."},
			}},
			{Name: "notFound", Doc: "The status was 404 or 410."},
			{Name: "refused", Doc: "The status was another one of 400 to 499.", Outputs: []connector.Field{status}},
			{Name: "failed", Doc: "The status was any other one.", Outputs: []connector.Field{status}},
		},
		Expects: &connector.Expects{Input: "expect", Output: "body"},
		Needs:   NeedHosts, NeedsBy: "url",
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if port == nil {
				return connector.Result{}, errNoPort
			}
			patience, _ := call.Inputs["timeout"].(time.Duration)
			if patience <= 0 || patience > mostPatience {
				return connector.Result{}, errors.New("timeout is more than nothing and at most 15s")
			}
			request, err := httpRequestOf(call)
			if err != nil {
				return connector.Result{}, err
			}
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			reply, err := persist(ctx, port, request)
			if err != nil {
				return connector.Result{}, err
			}
			return httpOutcome(call, reply)
		},
	}
}

var errMethod = errors.New("method is GET, POST, PUT, PATCH or DELETE")

func httpRequestOf(call connector.Call) (HTTPRequest, error) {
	r := HTTPRequest{EnvironmentID: call.EnvironmentID, Method: plain(call.Inputs, "method"), Header: http.Header{"Accept": {"application/json"}}}
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return r, errMethod
	}
	address, err := url.Parse(plain(call.Inputs, "url"))
	if err != nil || address.Host == "" || address.User != nil {
		return r, errors.New("url is no absolute address") // what was wrong may hold what somebody typed
	}
	query, err := attributes(call.Inputs, "query")
	if err != nil {
		return r, err
	}
	values := address.Query()
	for name, value := range query {
		values.Set(name, value)
	}
	address.RawQuery, address.Fragment = values.Encode(), ""
	r.URL = address.String()
	headers, err := attributes(call.Inputs, "headers")
	if err != nil {
		return r, err
	}
	for name, value := range headers {
		r.Header.Set(name, value) // net/http refuses names and values that would break the header
	}
	if secret, given := call.Inputs["secret"].(connector.SecretValue); given {
		header, prefix := plain(call.Inputs, "secretHeader"), plain(call.Inputs, "secretPrefix")
		if prefix == "" && strings.EqualFold(header, "Authorization") {
			prefix = "Bearer " // RFC 6750 2.1
		}
		r.Header.Set(header, prefix+secret.Reveal())
	}
	body, given := call.Inputs["json"].(map[string]any)
	if !given {
		return r, nil
	}
	if r.Body, err = json.Marshal(body); err != nil || len(r.Body) > maxBody {
		return r, fmt.Errorf("json cannot be sent, or is larger than %d bytes", maxBody)
	}
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}

// persist sends a request again that may be: RFC 9110 9.2.2 calls such methods idempotent.
func persist(ctx context.Context, port HTTP, request HTTPRequest) (reply HTTPReply, err error) {
	again := request.Method != http.MethodPost && request.Method != http.MethodPatch
	for try, pause := 1, firstPause; ; try, pause = try+1, 2*pause {
		reply, err = port.Do(ctx, request)
		busy := err == nil && (reply.Status == http.StatusBadGateway || reply.Status == http.StatusServiceUnavailable || reply.Status == http.StatusGatewayTimeout)
		if !again || try == tries || err == nil && !busy || ctx.Err() != nil || errors.Is(err, ErrNotAllowed) {
			return reply, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return reply, errors.Join(err, ctx.Err())
		}
	}
}

// ErrNotAllowed: an environment does not allow a server.
var ErrNotAllowed = errors.New("the environment does not list this server under httpHosts")

func httpOutcome(call connector.Call, reply HTTPReply) (connector.Result, error) {
	status := map[string]any{"status": float64(reply.Status)}
	switch {
	case reply.Status == http.StatusNotFound || reply.Status == http.StatusGone:
		return connector.Result{Outcome: "notFound"}, nil
	case reply.Status >= 400 && reply.Status < 500:
		return connector.Result{Outcome: "refused", Output: status}, nil
	case reply.Status < 200 || reply.Status >= 300:
		return connector.Result{Outcome: "failed", Output: status}, nil
	}
	body, err := expected(call.Inputs["expect"], reply.Body)
	if err != nil {
		return connector.Result{}, fmt.Errorf("the answer: %w", err)
	}
	status["body"] = body
	return connector.Result{Outcome: "ok", Output: status}, nil
}

// expected reads the fields that a flow names out of an answer, each as its type. Nothing named: nothing is read.
func expected(expect any, answer []byte) (map[string]any, error) {
	fields, _ := expect.(map[string]any)
	body := make(map[string]any, len(fields))
	if len(fields) == 0 {
		return body, nil
	}
	var given map[string]any
	if err := json.Unmarshal(answer, &given); err != nil {
		return nil, errors.New("it is no JSON object") // what is wrong with it may hold what is in it
	}
	for name, kind := range fields {
		word, _ := kind.(string)
		t, err := connector.ParseType(word)
		if err != nil {
			return nil, err
		}
		if body[name], err = typed(given[name], t); err != nil {
			return nil, fmt.Errorf("%q is not %s", name, word)
		}
	}
	return body, nil
}

var errKind = errors.New("another type")

// typed turns a value of JSON into one of the flow language.
func typed(value any, t connector.Type) (any, error) {
	if value == nil {
		if t.Optional {
			return nil, nil
		}
		return nil, errKind
	}
	switch t.Kind {
	case connector.String:
		switch value := value.(type) {
		case string:
			return value, nil
		case float64: // identifiers often are numbers
			return strconv.FormatFloat(value, 'f', -1, 64), nil
		}
	case connector.Bool:
		if value, ok := value.(bool); ok {
			return value, nil
		}
	case connector.Number:
		if value, ok := value.(float64); ok {
			return value, nil
		}
	case connector.Duration:
		if text, ok := value.(string); ok {
			return connector.ParseDuration(text)
		}
	case connector.Time:
		if text, ok := value.(string); ok {
			return connector.ParseTime(text)
		}
	case connector.Object:
		if value, ok := value.(map[string]any); ok {
			return value, nil
		}
	case connector.List:
		return typedList(value, t)
	}
	return nil, errKind
}

func typedList(value any, t connector.Type) (any, error) {
	items, ok := value.([]any)
	if !ok || t.Elem == nil {
		return nil, errKind
	}
	list := make([]any, len(items))
	for i := range items {
		var err error
		if list[i], err = typed(items[i], *t.Elem); err != nil {
			return nil, err
		}
	}
	return list, nil
}
