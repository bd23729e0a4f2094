package flowtest

import (
	"context"
	"errors"

	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// passkeys answers on a stage as real ones do: `enter: {passkey: ada}` is the answer of Ada's. Whoever has none there cannot answer.
type passkeys struct{ *Stage }

// equip gives the people of a case what they have from the start.
func (s *Stage) equip() {
	for name, p := range s.users {
		s.furnish(name, p)
		if p.passkey {
			s.owned = s.owned.with(name, append(s.owned[name], builtin.Authenticator{
				ID: "passkey-" + name, Kind: builtin.KindPasskey, Name: "Passkey", CreatedAt: s.now,
			}))
		}
		for _, provider := range p.external {
			s.linked = s.linked.with(provider, name, name)
		}
	}
}

// asked is the field of the present page that a capability judges the answer of. Nil: the page has none.
func (s *Stage) asked(kind graph.FieldType) *run.PageField {
	page, _ := s.effect.(run.Page)
	for i := range page.Fields {
		if page.Fields[i].Type == kind {
			return &page.Fields[i]
		}
	}
	return nil
}

// Check implements builtin.Passkeys.
func (s passkeys) Check(ctx context.Context, answer builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	field := s.asked(graph.PasskeyField)
	person := s.users[answer.Answer]
	switch {
	case field == nil:
		return builtin.PasskeyResult{}, errors.New("the page before asked for no passkey")
	case person == nil, field.Account != nil && field.Account.ID != person.account.ID:
		return builtin.PasskeyResult{Outcome: builtin.PasskeyWrong}, nil
	}
	for _, a := range s.owned[answer.Answer] {
		if a.Kind != builtin.KindPasskey {
			continue
		}
		account := person.account
		used := func(a *builtin.Authenticator) error { a.LastUsedAt = s.now; return nil }
		return builtin.PasskeyResult{Outcome: builtin.PasskeyRight, Account: &account}, authenticators(s).Change(ctx, "", answer.Answer, a.ID, used)
	}
	return builtin.PasskeyResult{Outcome: builtin.PasskeyWrong}, nil
}

// Add implements builtin.Passkeys. What is entered must name whoever gets the passkey; anything else is an answer that does not hold.
func (s passkeys) Add(ctx context.Context, answer builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	field := s.asked(graph.NewPasskeyField)
	switch {
	case field == nil || field.Account == nil:
		return builtin.PasskeyResult{}, errors.New("the page before asked for no new passkey")
	case field.Account.ID != answer.UserID, answer.Answer != answer.UserID:
		return builtin.PasskeyResult{Outcome: builtin.PasskeyWrong}, nil
	}
	name := answer.Name
	if name == "" {
		name = "Passkey"
	}
	_, err := authenticators(s).Add(ctx, "", answer.UserID, builtin.Authenticator{Kind: builtin.KindPasskey, Name: name})
	if errors.Is(err, builtin.ErrTooMany) {
		return builtin.PasskeyResult{Outcome: builtin.PasskeyFull}, nil
	}
	return builtin.PasskeyResult{Outcome: builtin.PasskeyAdded}, err
}

// press presses the field that is a button by itself and that something was entered into. Whoever comes back from a provider brings its name along.
func press(page run.Page, input *run.Input) {
	for i := range page.Fields {
		f := &page.Fields[i]
		if !f.Type.Pressed() || input.Values[f.Name] == "" {
			continue
		}
		if input.Button == "" {
			input.Button = f.Name
		}
		if f.Type == graph.ExternalField {
			input.Values[f.Name] = f.Provider + " " + input.Values[f.Name]
		}
	}
}
