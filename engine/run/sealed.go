package run

import (
	"bytes"
	"encoding/json"
	"fmt"

	"vigil/engine/connector"
)

// Vault encrypts what a state may hold only encrypted: secrets that capabilities gave, such as the one of an authenticator app, which a page
// shows again after a wrong code. What a person typed is never kept, not even so.
type Vault interface {
	// Seal encrypts for one run; Open of another run's, or of what was changed, fails.
	Seal(environmentID, runID string, secrets []byte) (sealed []byte, err error)
	Open(environmentID, runID string, sealed []byte) (secrets []byte, err error)
}

// Unstored is a Vault that encrypts nothing, for runs whose states are stored nowhere.
type Unstored struct{}

// Seal gives the secrets back.
func (Unstored) Seal(_, _ string, secrets []byte) ([]byte, error) { return secrets, nil }

// Open gives the secrets back.
func (Unstored) Open(_, _ string, sealed []byte) ([]byte, error) { return sealed, nil }

// lasting is a secret that outlives a step.
type lasting struct {
	Frame       int
	Owner, Name string
	Value       string
}

// gather writes down the secrets that outlive the step. Nil: there are none.
func (s *State) gather() ([]byte, error) {
	var all []lasting
	for i := range s.Frames {
		for _, h := range s.Frames[i].hidden {
			if h.value.Lasts() {
				all = append(all, lasting{i, h.owner, h.name, h.value.Reveal()})
			}
		}
	}
	if all == nil {
		return nil, nil
	}
	return json.Marshal(all)
}

// lock ends a step: what was typed goes, and what must last is encrypted. What did not change keeps its encrypted form.
func (x *execution) lock() error {
	secrets, err := x.state.gather()
	if err != nil {
		return fmt.Errorf("encode the secrets of the run: %w", err)
	}
	switch {
	case secrets == nil || x.machine.Vault == nil:
		x.state.Sealed = nil
	case !bytes.Equal(secrets, x.opened):
		if x.state.Sealed, err = x.machine.Vault.Seal(x.env.EnvironmentID, x.env.RunID, secrets); err != nil {
			return fmt.Errorf("encrypt the secrets of the run: %w", err)
		}
	}
	x.opened = nil
	return x.state.seal()
}

// unlock gives the frames back the secrets that they had.
func (x *execution) unlock() error {
	if len(x.state.Sealed) == 0 || x.machine.Vault == nil {
		return nil
	}
	secrets, err := x.machine.Vault.Open(x.env.EnvironmentID, x.env.RunID, x.state.Sealed)
	if err != nil {
		return fmt.Errorf("decrypt the secrets of the run: %w", err)
	}
	var all []lasting
	if err := json.Unmarshal(secrets, &all); err != nil {
		return fmt.Errorf("decode the secrets of the run: %w", err)
	}
	for _, l := range all {
		if l.Frame < 0 || l.Frame >= len(x.state.Frames) {
			return ErrForeignFlow
		}
		f := &x.state.Frames[l.Frame]
		f.hidden = append(f.hidden, hidden{l.Owner, l.Name, connector.NewSecret(l.Value).Lasting()})
	}
	x.opened = secrets
	return nil
}

// last marks the secrets that a capability gave: they outlive the step.
func last(outputs map[string]any) {
	for name, value := range outputs {
		if secret, ok := value.(connector.SecretValue); ok {
			outputs[name] = secret.Lasting()
		}
	}
}
