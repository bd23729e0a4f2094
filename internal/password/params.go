package password

import (
	"errors"
	"fmt"
)

// Params are the costs of one argon2id computation.
type Params struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Recommended is what new passwords cost: 19 MiB, two passes, one thread, about 25 ms.
func Recommended() Params { return Params{Memory: 19 << 10, Passes: 2, Threads: 1} } // OWASP Password Storage Cheat Sheet: argon2id minimum

// Cheapest is the least that argon2id can cost. It protects nothing: for tests and for measuring everything else.
func Cheapest() Params { return Params{Memory: 8, Passes: 1, Threads: 1} }

// Bounds of what is computed for a stored string. A string from outside must not be able to stop the server.
const (
	maxMemory  = 256 << 10 // KiB
	maxPasses  = 64
	maxThreads = 16
	maxWork    = 1 << 20 // KiB times passes: about two seconds
	minSalt    = 8
	maxSalt    = 64
	minKey     = 16
	maxKey     = 64
)

// ErrParams says that costs are outside of what argon2id allows or this server is willing to compute.
var ErrParams = errors.New("argon2id costs out of bounds")

func (p Params) check() error {
	switch {
	case p.Threads < 1 || p.Threads > maxThreads:
		return fmt.Errorf("%w: p=%d", ErrParams, p.Threads)
	case p.Passes < 1 || p.Passes > maxPasses:
		return fmt.Errorf("%w: t=%d", ErrParams, p.Passes)
	case p.Memory < 8*uint32(p.Threads) || p.Memory > maxMemory: // RFC 9106 3.1: memory is at least 8 KiB for each thread
		return fmt.Errorf("%w: m=%d", ErrParams, p.Memory)
	case uint64(p.Memory)*uint64(p.Passes) > maxWork:
		return fmt.Errorf("%w: m=%d times t=%d", ErrParams, p.Memory, p.Passes)
	}
	return nil
}
