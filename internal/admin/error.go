package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vigil/internal/directory"
)

// Code says what kind of mistake it was; it survives the socket.
type Code string

// The codes.
const (
	CodeExists      Code = "exists"
	CodeNotFound    Code = "notFound"
	CodeWeak        Code = "weakPassword"
	CodeInvalid     Code = "invalid"
	CodeEnvironment Code = "unknownEnvironment"
	CodeFailed      Code = "failed" // the store, the disk, the connection
)

// Error is what an operator is told. It holds no secret.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// failed turns what directory, keys and store say into an Error about subject, such as `user "ada"`.
func failed(err error, subject string) error {
	var own *Error
	var weak *directory.WeakPasswordError
	var invalid *directory.InvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.Is(err, directory.ErrExists):
		return &Error{CodeExists, subject + " exists already, or the name is somebody's e-mail address"}
	case errors.Is(err, directory.ErrNotFound):
		return &Error{CodeNotFound, "there is no " + subject}
	case errors.As(err, &weak):
		sentences := make([]string, len(weak.Reasons))
		for i, reason := range weak.Reasons {
			sentences[i] = reason.Sentence()
		}
		return &Error{CodeWeak, "this password is refused: " + strings.Join(sentences, " ")}
	case errors.As(err, &invalid):
		return &Error{CodeInvalid, invalid.Error()}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{CodeFailed, "it took too long or was interrupted"}
	}
	return &Error{CodeFailed, fmt.Sprintf("%s: %v", subject, err)}
}
