package piflow

import (
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// form is a page as collectors are made of it.
type form struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Category    string     `json:"category"`
	Components  components `json:"components"`
}

type components struct {
	Fields []field `json:"fields"`
}

// field becomes one collector of the client, by its type.
type field struct {
	Type  string `json:"type"`
	Key   string `json:"key"`
	Label string `json:"label,omitempty"`
	// Required is always there: a client fills a TEXT in beforehand only if it may judge it.
	Required bool `json:"required"`

	Content      string      `json:"content,omitempty"` // LABEL, QR_CODE, AGREEMENT
	Title        string      `json:"title,omitempty"`   // AGREEMENT
	TitleEnabled bool        `json:"titleEnabled,omitempty"`
	Agreement    *agreement  `json:"agreement,omitempty"`
	Enabled      bool        `json:"enabled,omitempty"`   // AGREEMENT
	InputType    string      `json:"inputType,omitempty"` // of what is chosen or ticked
	Options      []option    `json:"options,omitempty"`
	Validation   *validation `json:"validation,omitempty"`
	ErrorMessage string      `json:"errorMessage,omitempty"`
	Verify       bool        `json:"verify,omitempty"`  // the client asks twice
	Hint         string      `json:"hint,omitempty"`    // ours: clients pass over it
	Action       string      `json:"action,omitempty"`  // FIDO2: REGISTER, AUTHENTICATE
	Trigger      string      `json:"trigger,omitempty"` // FIDO2
	ImageURL     string      `json:"imageUrl,omitempty"`
	Description  string      `json:"description,omitempty"` // IMAGE
	FallbackText string      `json:"fallbackText,omitempty"`
	// CreationOptions and RequestOptions are FIDO2's.
	CreationOptions map[string]any `json:"publicKeyCredentialCreationOptions,omitempty"`
	RequestOptions  map[string]any `json:"publicKeyCredentialRequestOptions,omitempty"`
	// Links, IDPType and IDPEnabled are SOCIAL_LOGIN_BUTTON's.
	Links      map[string]href `json:"links,omitempty"`
	IDPType    string          `json:"idpType,omitempty"`
	IDPEnabled bool            `json:"idpEnabled,omitempty"`
	// Payload is METADATA's.
	Payload any `json:"payload,omitempty"`
	// PollInterval, in milliseconds, and PollRetries are POLLING's.
	PollInterval int64 `json:"pollInterval,omitempty"`
	PollRetries  int   `json:"pollRetries,omitempty"`
	// DefaultCountryCode and ValidatePhoneNumber are PHONE_NUMBER's.
	DefaultCountryCode  *string `json:"defaultCountryCode,omitempty"`
	ValidatePhoneNumber *bool   `json:"validatePhoneNumber,omitempty"`
}

// agreement names what is agreed to.
type agreement struct {
	ID      string `json:"id"`
	Dynamic bool   `json:"useDynamicAgreement"`
}

type option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

type validation struct {
	Regex        string `json:"regex"`
	ErrorMessage string `json:"errorMessage"`
}

// formOf makes a form of a page and the values that stand in it. What cannot be asked for from this place is left out.
func (p Place) formOf(page run.Page) (form, map[string]any) {
	f := form{Name: page.Title, Description: page.Text, Category: "CUSTOM_FORM", Components: components{Fields: []field{}}}
	add := func(one field) { f.Components.Fields = append(f.Components.Fields, one) }
	for _, said := range []struct{ key, text string }{{"text", page.Text}, {"notice", page.Notice}, {"message", page.Message}} {
		if said.text != "" {
			add(field{Type: "LABEL", Key: "_" + said.key, Content: said.text})
		}
	}
	if page.Image != "" {
		add(field{Type: "IMAGE", Key: "_image", ImageURL: page.Image, Description: page.Title})
	}
	if page.QR != "" {
		add(field{Type: "QR_CODE", Key: "_qr", Content: page.QR, FallbackText: page.QR})
	}
	if page.Show != "" {
		add(field{Type: "LABEL", Key: "_show", Content: page.Show})
	}
	if page.Wait != nil {
		// Without a challenge of its own the client comes back to the flow itself: continue polling.
		add(field{Type: "POLLING", Key: pollKey, PollInterval: page.Wait.Every.Milliseconds(), PollRetries: page.Wait.Looks})
	}
	values := map[string]any{}
	for i := range page.Fields {
		at := &page.Fields[i]
		if made := p.fieldOf(at); made != nil {
			add(*made)
		}
		if value := prefill(at); value != nil {
			values[at.Name] = value
		}
	}
	for i, b := range page.Buttons {
		add(field{Type: buttonType(page.Buttons, i), Key: b.Name, Label: b.Label})
	}
	return f, values
}

// pollKey is under which a client says that it comes back to look.
const pollKey = "_poll"

// buttonType: clients submit by the first SUBMIT_BUTTON alone; every other button is a way of the flow.
func buttonType(buttons []run.PageButton, i int) string {
	if buttons[i].Link {
		return "FLOW_LINK"
	}
	for _, earlier := range buttons[:i] {
		if !earlier.Link {
			return "FLOW_BUTTON"
		}
	}
	return "SUBMIT_BUTTON"
}

// fewOptions are shown side by side.
const fewOptions = 5

// fieldOf is nil for what cannot be asked for from this place.
func (p Place) fieldOf(asked *run.PageField) *field {
	switch asked.Type {
	case graph.PasskeyField, graph.NewPasskeyField:
		return passkeyField(asked, p.Passkeys[asked.Name])
	case graph.ExternalField:
		return leaving(asked, p.Leaving[asked.Name])
	case graph.EffortField:
		return effort(asked)
	}
	made := typed(asked)
	return &made
}

// leaving is a button that leads to another provider. A type of the provider's own would have clients of telephones use its own software.
func leaving(p *run.PageField, address string) *field {
	if address == "" {
		return nil
	}
	return &field{
		Type: "SOCIAL_LOGIN_BUTTON", Key: p.Name, Label: p.Label, Hint: p.Hint, IDPType: "OPENID_CONNECT", IDPEnabled: true,
		Links: map[string]href{"authenticate": {address}},
	}
}

// effort is work for a program, not for a person.
func effort(p *run.PageField) *field {
	work, ok := p.Work()
	if !ok {
		return nil
	}
	return &field{Type: "METADATA", Key: p.Name, Label: p.Label, Payload: work}
}

// typed is a field for a person.
func typed(p *run.PageField) field {
	f := field{Type: "TEXT", Key: p.Name, Label: p.Label, Hint: p.Hint, Required: p.Required, InputType: "INPUT"}
	switch p.Type {
	case graph.EmailField:
		f.Validation = &validation{optional(p, `[^@\s]+@[^@\s.][^@\s]*`), "Please give an e-mail address, such as name@example.com."}
	case graph.NumberField:
		f.Validation = &validation{optional(p, `[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`), "Please give a number."}
	case graph.DateField:
		f.Validation = &validation{optional(p, `\d{4}-\d{2}-\d{2}`), "Please give a date, such as 2026-11-21."}
	case graph.PhoneField:
		none, check := "", false
		f.Type, f.DefaultCountryCode, f.ValidatePhoneNumber = "PHONE_NUMBER", &none, &check
	case graph.CheckboxField:
		f.Type, f.InputType, f.ErrorMessage = "SINGLE_CHECKBOX", "BOOLEAN", "Please tick this box."
	case graph.ChoiceField:
		f.Type, f.InputType = "DROPDOWN", "SINGLE_SELECT"
		if len(p.Options) <= fewOptions {
			f.Type = "RADIO"
		}
		f.Options = make([]option, len(p.Options))
		for i, o := range p.Options {
			f.Options[i] = option(o)
		}
	case graph.PasswordField:
		f.Type = "PASSWORD"
	case graph.NewPasswordField:
		f.Type, f.Verify = "PASSWORD_VERIFY", true
	}
	return f
}

// optional makes a pattern for the whole entry; what is not required may be left empty.
func optional(p *run.PageField, pattern string) string {
	if p.Required {
		return "^(" + pattern + ")$"
	}
	return "^(" + pattern + ")?$"
}

// prefill is what stands in a field at first. Nil: nothing.
func prefill(p *run.PageField) any {
	switch {
	case p.Value == "":
		return nil
	case p.Type == graph.CheckboxField:
		return p.Value == "true"
	case p.Type == graph.PhoneField:
		code, number := "", p.Value
		if before, after, found := strings.Cut(p.Value, " "); found && strings.HasPrefix(before, "+") {
			code, number = before, after
		}
		return map[string]string{"countryCode": code, "phoneNumber": number}
	}
	return p.Value
}
