package flowhost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/templates"
)

// Passkeys asks for the passkeys that a page wants.
type Passkeys interface {
	// Ask gives the options for navigator.credentials as JSON. Nil: browsers know no passkeys at such an address.
	Ask(ctx context.Context, q PasskeyQuestion) (json.RawMessage, error)
}

// PasskeyQuestion is what a field of type passkey or newPasskey asks.
type PasskeyQuestion struct {
	Base    tenant.Base
	RunID   string
	Place   string                  // the page and the field: the same place asks the same until it is answered
	Account *connector.AccountValue // whose passkey, or who gets a new one. Nil: anybody's
	New     bool
	Origin  string // where the script runs. Empty: on pages of the base
}

// posed is a page with what its fields ask of the browser.
type posed struct {
	page run.Page
	form templates.FormPage
}

// pose asks what the fields of a page want of the browser.
func (h *Host) pose(ctx context.Context, base tenant.Base, kept *store.Run, page run.Page) (posed, error) {
	p := posed{page: page, form: formOf(page)}
	for i := range page.Fields {
		f := &page.Fields[i]
		if !isPasskey(f.Type) {
			continue
		}
		options, err := h.askPasskey(ctx, PasskeyQuestion{Base: base, RunID: spell(kept.ID)}, page.Node, f)
		if err != nil {
			return p, err
		}
		p.form.Fields[i].Passkey = &templates.PasskeyQuestion{Create: f.Type == graph.NewPasskeyField, Options: string(options)}
	}
	return p, nil
}

func isPasskey(t graph.FieldType) bool { return t == graph.PasskeyField || t == graph.NewPasskeyField }

func (h *Host) askPasskey(ctx context.Context, q PasskeyQuestion, node string, f *run.PageField) (json.RawMessage, error) {
	if h.Passkeys == nil {
		return nil, errors.New("this host asks for no passkeys")
	}
	q.Place, q.Account, q.New = node+"/"+f.Name, f.Account, f.Type == graph.NewPasskeyField
	options, err := h.Passkeys.Ask(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("ask for the passkey %q: %w", f.Name, err)
	}
	return options, nil
}

// PasskeyOptions asks for a passkey where a page of an application shows the form, by a script on its origin.
func (h *Host) PasskeyOptions(ctx context.Context, base tenant.Base, i *Interaction, origin string) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	for at := range i.Page.Fields {
		f := &i.Page.Fields[at]
		if !isPasskey(f.Type) {
			continue
		}
		options, err := h.askPasskey(ctx, PasskeyQuestion{Base: base, RunID: spell(i.Run.ID), Origin: origin}, i.Page.Node, f)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = map[string]json.RawMessage{}
		}
		all[f.Name] = options
	}
	return all, nil
}
