package notice

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigil/internal/outbound"
)

// attemptTimeout ends one attempt.
const attemptTimeout = 10 * time.Second

// Sender posts logout tokens.
type Sender struct{ client *outbound.Client }

// NewSender makes a Sender. The zero options are what a server uses; their time-out is always that of an attempt.
func NewSender(o outbound.Options) *Sender {
	o.Timeout = attemptTimeout
	return &Sender{client: outbound.NewWith(o)}
}

// answer is what came of one attempt.
type answer struct {
	arrived bool
	final   bool          // trying again is of no use
	problem string        // empty if it arrived
	after   time.Duration // the least time to wait. Zero: the application did not say
}

// send posts a logout token once.
//
// OIDC Back-Channel Logout 2.5: a form with logout_token.
func (s *Sender) send(ctx context.Context, reach outbound.Reach, uri, token string) answer {
	body := strings.NewReader(url.Values{"logout_token": {token}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, body)
	if err != nil {
		return answer{final: true, problem: "the address cannot be used"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Vigil")
	response, err := s.client.Do(request, reach)
	if err != nil {
		return answer{problem: reasonOf(err)}
	}
	defer func() { _ = response.Body.Close() }()
	return judge(response)
}

// reasonOf says why there is no answer, without the address: that is known.
func reasonOf(err error) string {
	switch wrapped := (*url.Error)(nil); {
	case errors.Is(err, outbound.ErrAddress):
		return ErrRefused.Error()
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return "no answer in time"
	case errors.As(err, &wrapped):
		err = wrapped.Err
	}
	return printable(err.Error(), maxProblem)
}
