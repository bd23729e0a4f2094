package builtin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"vigil/engine/connector"
)

// keptPuzzle is under which name a run keeps the puzzle that waits for its answer.
const keptPuzzle = "puzzle"

const (
	easiest, hardest = 1, 26 // bits; each more doubles the work
	usualWork        = 18    // about a second on a phone
)

// puzzle asks for a text such that SHA-256 of seed, a dot and the text begins with so many zero bits.
type puzzle struct {
	Seed string `json:"seed"`
	Bits int    `json:"bits"`
}

func (p puzzle) String() string { return strconv.Itoa(p.Bits) + "." + p.Seed }

// solvedBy reports whether an answer is the work that was asked for.
func (p puzzle) solvedBy(answer string) bool {
	if answer == "" || len(answer) > 20 {
		return false
	}
	digest := sha256.Sum256([]byte(p.Seed + "." + answer))
	zeros := 0
	for _, b := range digest {
		zeros += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return zeros >= p.Bits
}

func challengeCreate(keep Keep) connector.Capability {
	return connector.Capability{
		Name: "challenge.create",
		Doc: "Makes a puzzle for a field of type effort, which the browser solves by itself while the person fills the form in. It keeps out programs that try " +
			"a form a thousand times, and nobody else: no pictures, no other company.",
		Inputs: []connector.Field{{
			Name: "difficulty", Type: required(connector.Number), Default: float64(usualWork),
			Doc: "How hard it is, in bits, from 1 to 26: each more doubles the work. 18 takes about a second on a phone.",
		}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It waits for its answer. Another one of this run counts no more.", Outputs: []connector.Field{
			{Name: "puzzle", Type: required(connector.String), Doc: "For the field."},
		}}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if keep == nil {
				return connector.Result{}, errNoPort
			}
			difficulty, _ := call.Inputs["difficulty"].(float64)
			if difficulty < easiest || difficulty > hardest {
				return connector.Result{}, fmt.Errorf("a difficulty is from %d to %d, not %v", easiest, hardest, difficulty)
			}
			// Nobody knows the run's id before it begins, so nobody has worked ahead; the time makes two puzzles of a run differ.
			seed := sha256.Sum256([]byte(call.RunID + "\x00" + call.Flow + "\x00" + call.Node + "\x00" + call.Now.Format(time.RFC3339Nano)))
			p := puzzle{Seed: hex.EncodeToString(seed[:16]), Bits: int(difficulty)}
			err := keep.Change(ctx, call.RunID, keptPuzzle, func([]byte) ([]byte, error) { return json.Marshal(p) })
			return connector.Result{Outcome: "done", Output: map[string]any{"puzzle": p.String()}}, err
		},
	}
}

func challengeCheck(keep Keep) connector.Capability {
	return connector.Capability{
		Name: "challenge.check",
		Doc:  "Checks the answer to a puzzle, which counts once. To ask again, make another one.",
		Inputs: []connector.Field{
			{Name: "answer", Type: required(connector.Secret), Doc: "What a field of type effort gave."},
		},
		Outcomes: []connector.Outcome{
			{Name: "solved", Doc: "The browser did the work."},
			{Name: "wrong", Doc: "It did not, or the answer was used already."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if keep == nil {
				return connector.Result{}, errNoPort
			}
			answer, _ := call.Inputs["answer"].(connector.SecretValue)
			solved := false
			err := keep.Change(ctx, call.RunID, keptPuzzle, func(value []byte) ([]byte, error) {
				var p puzzle
				if solved = false; value == nil {
					return nil, nil
				}
				if err := json.Unmarshal(value, &p); err != nil {
					return nil, err
				}
				solved = p.solvedBy(answer.Reveal())
				return nil, nil
			})
			if err != nil || !solved {
				return connector.Result{Outcome: "wrong"}, err
			}
			return connector.Result{Outcome: "solved"}, nil
		},
	}
}
