package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// Draws is how many numbers a browser may draw, from 0: enough to tell weights of a hundredth apart, too few to tell people apart.
const Draws = 1000

const (
	// window is how many of the latest runs of a flow count.
	window = 200
	// enough runs must have ended before a flow is taken back.
	enough = 20
)

// Rollout chooses flows. It is safe for many requests at once.
type Rollout struct {
	KV kv.Store

	mu    sync.Mutex
	tally map[candidate]*tally
}

// candidate is one content of a flow in a policy.
type candidate struct{ environment, policy, flow, hash string }

// tally is how the latest runs of a candidate ended.
type tally struct {
	failed [window]bool
	ended  int // in all
}

func (t *tally) rate() (failures, runs int) {
	runs = min(t.ended, window)
	for _, f := range t.failed[:runs] {
		if f {
			failures++
		}
	}
	return failures, runs
}

// TakenBack says that a flow was taken back.
type TakenBack struct {
	Hash     string    `json:"hash"` // of the content that failed
	At       time.Time `json:"at"`
	Failures int       `json:"failures"`
	Runs     int       `json:"runs"`
}

func key(environment, policy, flow string) []byte {
	return []byte(environment + "\x00" + policy + "\x00" + flow)
}

// Choose picks the flow of a policy for a browser that drew a number. hashOf gives the content that serves under a name now.
func (r *Rollout) Choose(ctx context.Context, environment string, policy *tenant.FlowPolicy, draw int, hashOf func(flow string) string) (string, error) {
	weights, sum := make([]int, len(policy.Flows)), 0
	err := r.KV.View(ctx, func(read kv.Reader) error {
		sum = 0
		for i, f := range policy.Flows {
			back, err := takenBack(read, environment, policy.Name, f.Flow)
			if err != nil {
				return err
			}
			if weights[i] = f.Weight; f.RollBackAbove > 0 && back != nil && back.Hash == hashOf(f.Flow) {
				weights[i] = 0
			}
			sum += weights[i]
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read policy %q: %w", policy.Name, err)
	}
	if sum == 0 {
		return policy.Flows[0].Flow, nil
	}
	// The draw is mixed with the policy's name: who gets the new flow of one policy does not get that of every other.
	mixed := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(policy.Name+"\x00"), uint32(draw%Draws)))
	at := int(binary.BigEndian.Uint64(mixed[:8]) % uint64(sum))
	for i, weight := range weights {
		if at -= weight; at < 0 {
			return policy.Flows[i].Flow, nil
		}
	}
	return policy.Flows[0].Flow, nil
}

func takenBack(read kv.Reader, environment, policy, flow string) (*TakenBack, error) {
	value, err := read.Get(schema.TakenBack, key(environment, policy, flow))
	if err != nil || value == nil {
		return nil, err
	}
	var back TakenBack
	if err := json.Unmarshal(value, &back); err != nil {
		return nil, fmt.Errorf("decode what was taken back: %w", err)
	}
	return &back, nil
}

// Ended is how a run ended that a policy chose the flow of.
type Ended struct {
	Environment string
	Policy      *tenant.FlowPolicy
	Flow, Hash  string
	Failed      bool // by a fault, not by what a person did or was refused
	At          time.Time
}

// Note counts an end. Not nil: with it the flow was taken back.
func (r *Rollout) Note(ctx context.Context, e Ended) (*TakenBack, error) {
	limit := 0
	for _, f := range e.Policy.Flows {
		if f.Flow == e.Flow {
			limit = f.RollBackAbove
		}
	}
	failures, runs, others := r.count(e)
	if limit == 0 || !e.Failed || runs < enough || failures*100 <= limit*runs || 2*others >= float64(failures)/float64(runs) {
		return nil, nil
	}
	back := &TakenBack{Hash: e.Hash, At: e.At.UTC(), Failures: failures, Runs: runs}
	value, err := json.Marshal(back)
	if err != nil {
		return nil, fmt.Errorf("encode what is taken back: %w", err)
	}
	fresh := false
	err = r.KV.Update(ctx, func(tx kv.Tx) error {
		before, err := takenBack(tx, e.Environment, e.Policy.Name, e.Flow)
		if fresh = before == nil || before.Hash != e.Hash; err != nil || !fresh {
			return err
		}
		return tx.Put(schema.TakenBack, key(e.Environment, e.Policy.Name, e.Flow), value)
	})
	if err != nil || !fresh {
		return nil, err
	}
	return back, nil
}

// count adds an end and gives the flow's failures, its runs, and the worst rate of failures among the others of the policy: where everything fails, as
// when the directory is down, no flow is to blame.
func (r *Rollout) count(e Ended) (failures, runs int, others float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tally == nil {
		r.tally = map[candidate]*tally{}
	}
	own := candidate{e.Environment, e.Policy.Name, e.Flow, e.Hash}
	t := r.tally[own]
	if t == nil {
		t = &tally{}
		r.tally[own] = t
	}
	t.failed[t.ended%window] = e.Failed
	t.ended++
	failures, runs = t.rate()
	for c, other := range r.tally {
		if c.environment == e.Environment && c.policy == e.Policy.Name && c.flow != e.Flow {
			if f, n := other.rate(); n > 0 {
				others = max(others, float64(f)/float64(n))
			}
		}
	}
	return failures, runs, others
}

// Restore lets a flow that was taken back be chosen again. False: it was not taken back.
func (r *Rollout) Restore(ctx context.Context, environment, policy, flow string) (restored bool, err error) {
	err = r.KV.Update(ctx, func(tx kv.Tx) error {
		back, err := takenBack(tx, environment, policy, flow)
		if restored = back != nil; err != nil || !restored {
			return err
		}
		return tx.Delete(schema.TakenBack, key(environment, policy, flow))
	})
	if err != nil {
		return false, fmt.Errorf("restore flow %q: %w", flow, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.tally {
		if c.environment == environment && c.policy == policy && c.flow == flow {
			delete(r.tally, c)
		}
	}
	return restored, nil
}

// Share is how one flow of a policy does.
type Share struct {
	Flow      string     `json:"flow"`
	Weight    int        `json:"weight"`
	Failures  int        `json:"failures"` // of Runs
	Runs      int        `json:"runs"`     // the latest that ended in this process
	TakenBack *TakenBack `json:"takenBack,omitempty"`
}

// Shares tells how the flows of a policy do. hashOf gives the content that serves under a name now.
func (r *Rollout) Shares(ctx context.Context, environment string, policy *tenant.FlowPolicy, hashOf func(flow string) string) ([]Share, error) {
	shares := make([]Share, len(policy.Flows))
	err := r.KV.View(ctx, func(read kv.Reader) error {
		for i, f := range policy.Flows {
			shares[i] = Share{Flow: f.Flow, Weight: f.Weight}
			back, err := takenBack(read, environment, policy.Name, f.Flow)
			if err != nil {
				return err
			}
			if back != nil && back.Hash == hashOf(f.Flow) {
				shares[i].TakenBack = back
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read policy %q: %w", policy.Name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range shares {
		if t := r.tally[candidate{environment, policy.Name, shares[i].Flow, hashOf(shares[i].Flow)}]; t != nil {
			shares[i].Failures, shares[i].Runs = t.rate()
		}
	}
	return shares, nil
}
