package builtin

import "context"

// Keep is what a run must remember besides its state, and its flow must not see: the digest of a code that was sent, a challenge that waits
// for its answer. It is forgotten with the run.
type Keep interface {
	// Change replaces what a run keeps under a name. Change gets what is there, nil for nothing, and gives what shall be, nil for nothing.
	// It is atomic: of two at once one sees what the other wrote. Change may be called several times, and only its last call counts; when it
	// fails nothing is written, and its error is handed on. A name has 1 to 64 bytes, a value at most 16 KiB.
	Change(ctx context.Context, runID, name string, change func(value []byte) ([]byte, error)) error
}
