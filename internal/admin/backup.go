package admin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

const pathBackup = "/store/backup"

// WithBackup serves a copy of the store beside the operations. It is a stream: what was broken off ends without its end.
func WithBackup(next http.Handler, backup func(io.Writer) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+pathBackup, func(w http.ResponseWriter, _ *http.Request) {
		err := http.NewResponseController(w).SetWriteDeadline(time.Time{}) // it takes as long as the disk does
		if err != nil || backup(w) != nil {
			panic(http.ErrAbortHandler)
		}
	})
	mux.Handle("/", next)
	return mux
}

// Backup writes a copy of the store as it is at this moment. What was written counts only without an error.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vigil"+pathBackup, http.NoBody)
	if err != nil {
		return &Error{CodeFailed, fmt.Sprintf("make request: %v", err)}
	}
	patient := http.Client{Transport: c.http.Transport}
	response, err := patient.Do(request)
	if err != nil {
		return &Error{CodeFailed, fmt.Sprintf("the server gives no copy on %s: its log says why (%v)", Socket, err)}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return &Error{CodeFailed, "the server answered " + response.Status}
	}
	if _, err := io.Copy(w, response.Body); err != nil {
		return &Error{CodeFailed, fmt.Sprintf("copy the store: %v", err)}
	}
	return nil
}
