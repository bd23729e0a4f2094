package doctor

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"vigil/internal/probe"
)

var (
	errOrigin = errors.New("not an origin: write https:// and the host, and nothing behind it")
	errProbe  = errors.New("the server's answer to the probe did not come back")
)

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
	// sent are the headers as they left the server. Nil: no ticket, or something in front answered.
	sent http.Header
}

// question is a request.
type question struct {
	method, path string // method empty: GET
	body         string
	kind         string // of a probe. Empty: no probe
	header       map[string]string
}

// call sends a question and reads the answer to its end.
func (d *doctor) call(ctx context.Context, q question) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, err := d.send(ctx, q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := unpacked(response)
	if err != nil {
		return nil, err
	}
	a := &answer{Response: response, body: body}
	if text, err := base64.StdEncoding.DecodeString(response.Header.Get(probe.Sent)); err == nil && len(text) > 0 {
		if json.Unmarshal(text, &a.sent) != nil {
			a.sent = nil
		}
	}
	return a, nil
}

// unpacked reads the body of an answer.
func unpacked(r *http.Response) ([]byte, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacking, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = unpacking
	}
	return io.ReadAll(io.LimitReader(body, maxAnswer))
}

// send sends a question as a browser would.
func (d *doctor) send(ctx context.Context, q question) (*http.Response, error) {
	method := q.method
	if method == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, d.at(q.path), strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "Mozilla/5.0 (compatible; vigil doctor)")
	request.Header.Set("Accept-Encoding", "gzip")
	if q.kind != "" && d.Ticket != "" {
		request.Header.Set(probe.Ask, d.Ticket+" "+q.kind)
	}
	for name, value := range q.header {
		request.Header.Set(name, value)
	}
	return d.client.Do(request)
}

// ask lets the server tell what arrived.
func (d *doctor) ask(ctx context.Context, q question) (*probe.Seen, *answer, error) {
	q.kind = probe.Echo
	a, err := d.call(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	var seen probe.Seen
	if a.StatusCode != http.StatusOK || a.Header.Get(probe.Nonce) == "" || json.Unmarshal(a.body, &seen) != nil {
		return nil, a, errProbe
	}
	return &seen, a, nil
}
