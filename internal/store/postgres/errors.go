package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vigil/internal/store/kv"
)

// Codes of PostgreSQL, see its manual's appendix A.
const (
	divisionByZero        = "22012"
	uniqueViolation       = "23505"
	readOnlyTransaction   = "25006"
	serializationFailure  = "40001"
	deadlockDetected      = "40P01"
	noSuchStatement       = "26000"
	statementThereAlready = "42P05"
	insufficientPrivilege = "42501"
	tooManyConnections    = "53300"
	lockNotAvailable      = "55P03"
	adminShutdown         = "57P01"
	crashShutdown         = "57P02"
	cannotConnectNow      = "57P03"
)

var (
	// errLost: others changed what this run had read. It runs again.
	errLost = errors.New("lost against others")
	// errTorn: this run read from several instants. It runs again on one snapshot.
	errTorn = errors.New("read from several instants")
)

// connectionError: nothing was decided, on another connection or a moment later the same may do.
type connectionError struct{ error }

func (e connectionError) Unwrap() error { return e.error }

// code gives PostgreSQL's code, "" if the error is not the server's.
func code(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// ofConnection tells errors that another connection, or a moment later the same server, would not have.
func ofConnection(err error) bool {
	switch c := code(err); {
	case c != "":
		return strings.HasPrefix(c, "08") || slices.Contains([]string{adminShutdown, crashShutdown, cannotConnectNow, tooManyConnections}, c)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false
	}
	var network net.Error
	return pgconn.SafeToRetry(err) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "conn closed")
}

// failed judges an error of a statement that decides nothing: a read, or the beginning of a transaction.
func (s *Store) failed(what string, err error) error {
	switch c := code(err); {
	case c == lockNotAvailable: // somebody has held it for longer than anybody should
		return fmt.Errorf("store %s: %s: %w: %w", s.name, what, kv.ErrConflict, err)
	case c == deadlockDetected, c == serializationFailure:
		return errLost
	case c == readOnlyTransaction:
		err = fmt.Errorf("%w: %w", kv.ErrReadOnly, err)
	case c == noSuchStatement, c == statementThereAlready:
		err = fmt.Errorf("%w: a pooler changes the session between two transactions: %s", err, addPooler)
	}
	if ofConnection(err) {
		return connectionError{fmt.Errorf("store %s: %s: %w: %w", s.name, what, kv.ErrUnreachable, err)}
	}
	return fmt.Errorf("store %s: %s: %w", s.name, what, err)
}

// uncommitted judges an error of a pipeline. What the server refused is not written; when the connection died after
// the pipeline had left, nobody can tell.
func (s *Store) uncommitted(err error) error {
	switch c := code(err); {
	case slices.Contains([]string{divisionByZero, uniqueViolation, serializationFailure, deadlockDetected}, c):
		return errLost
	case c == lockNotAvailable:
		return fmt.Errorf("store %s: commit: %w: %w", s.name, kv.ErrConflict, err)
	case c == readOnlyTransaction:
		return fmt.Errorf("store %s: commit: %w: %w", s.name, kv.ErrReadOnly, err)
	case c != "" && !ofConnection(err):
		return fmt.Errorf("store %s: commit: %w", s.name, err)
	case pgconn.SafeToRetry(err):
		return connectionError{fmt.Errorf("store %s: commit: %w: %w", s.name, kv.ErrUnreachable, err)}
	}
	return fmt.Errorf("store %s: commit: %w: %w", s.name, kv.ErrUnknownOutcome, err)
}
