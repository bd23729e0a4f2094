package am

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// send answers with JSON that nobody keeps.
func send(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// fault is how AM's JSON resources refuse.
type fault struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

func fail(w http.ResponseWriter, status int, message string) error {
	return send(w, status, fault{Code: status, Reason: http.StatusText(status), Message: message})
}

// readBody reads a body of JSON. Empty: there is none. Done: it was refused.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, done bool, err error) {
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, true, fail(w, http.StatusBadRequest, "The request could not be read")
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return nil, false, nil
	}
	// Only JSON: a form or a plain text of another site would come without asking first (Fetch, section "CORS-safelisted request-header").
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, true, fail(w, http.StatusUnsupportedMediaType, "The content type must be application/json")
	}
	if !json.Valid(body) {
		return nil, true, fail(w, http.StatusBadRequest, notJSON)
	}
	return body, false, nil
}

// negotiate holds Accept-API-Version to what a resource speaks: protocols 1 and 2, which differ in nothing that is served here, and resource
// versions up to highest. Absent: the highest, and a warning. Done: it was refused.
func negotiate(w http.ResponseWriter, r *http.Request, highest int) (done bool, err error) {
	asked := r.Header.Get("Accept-API-Version")
	protocol, resource := "1.0", strconv.Itoa(highest)+".0"
	for _, part := range strings.Split(asked, ",") {
		name, version, found := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case asked == "":
		case found && name == "protocol":
			protocol = version
		case found && name == "resource":
			resource = version
		default:
			return true, fail(w, http.StatusBadRequest, "Accept-API-Version: the header could not be read")
		}
	}
	major := func(version string) int {
		before, _, _ := strings.Cut(version, ".")
		n, err := strconv.Atoi(before)
		if err != nil {
			return -1
		}
		return n
	}
	switch n := major(resource); {
	case major(protocol) != 1 && major(protocol) != 2:
		return true, fail(w, http.StatusBadRequest, "Accept-API-Version: Unsupported major version: "+protocol)
	case n < 1 || n > highest:
		return true, fail(w, http.StatusNotFound, `Accept-API-Version: Requested version "`+resource+`" does not match any routes.`)
	}
	w.Header().Set("Content-API-Version", "protocol="+protocol+",resource="+resource)
	if asked == "" {
		w.Header().Set("Warning", `100 CREST "Accept-API-Version should be included in the request."`)
	}
	return false, nil
}
