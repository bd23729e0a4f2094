package notice

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody    = 4 << 10 // bytes of an answer that are read
	maxProblem = 200     // characters of a problem that are kept
	// maxAfter bounds how long an application may put us off.
	maxAfter = time.Hour
)

// judge reads an application's answer.
//
// OIDC Back-Channel Logout 2.8: 200 or 204 is success; 400 says that the token is refused or the logout failed, with an error in JSON.
func judge(response *http.Response) answer {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	status := response.StatusCode
	if status >= 200 && status < 300 {
		return answer{arrived: true}
	}
	a := answer{problem: "it answered " + strconv.Itoa(status), final: status == http.StatusBadRequest}
	if said := complaint(body); err == nil && said != "" {
		a.problem += ": " + said
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		a.after = retryAfter(response.Header.Get("Retry-After"))
	}
	return a
}

// complaint is what the body of a refusal says, if it is one.
func complaint(body []byte) string {
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	text := said.Error
	if said.Description != "" {
		text += " (" + said.Description + ")"
	}
	return printable(text, maxProblem)
}

// retryAfter reads a number of seconds. Dates count as nothing: the usual back-off holds.
//
// RFC 9110 10.2.3.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxAfter)
}

// printable keeps what may stand in a log or on a terminal: printable ASCII, not more than most of it.
func printable(text string, most int) string {
	var b strings.Builder
	for _, c := range text {
		if b.Len() == most {
			break
		}
		if c < ' ' || c > '~' {
			c = '?'
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}
