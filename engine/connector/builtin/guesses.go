package builtin

import (
	"context"
	"io"
	"math/big"
	"time"
)

// Guesses counts wrong guesses at what an account holds, over all runs, and locks it for a while.
type Guesses interface {
	// Try takes the place of a guess before it is checked, so that guesses at once cannot slip past the limit, and counts what the check says.
	Try(ctx context.Context, guess Guess, check func() (right bool, err error)) (GuessAnswer, error)
}

// Guess is a guess at one kind of thing of one account.
type Guess struct {
	EnvironmentID string
	Kind          string // such as totp
	Account       string // its id, or Named and a name; need not be anybody's
	IP            string // empty: unknown
	Now           time.Time
}

// GuessAnswer is what a guess came to.
type GuessAnswer int

// The answers. Locked: nobody looked at it.
const (
	GuessWrong GuessAnswer = iota
	GuessRight
	GuessLocked
)

// draw gives a number below limit, each as likely.
func draw(random io.Reader, limit int64) (int64, error) {
	if random == nil {
		return 0, errNoPort
	}
	var bytes [16]byte // 2 to the 128th: no number below a million is likelier than another by more than 2 to the -108th
	if _, err := io.ReadFull(random, bytes[:]); err != nil {
		return 0, err
	}
	return new(big.Int).Mod(new(big.Int).SetBytes(bytes[:]), big.NewInt(limit)).Int64(), nil
}
