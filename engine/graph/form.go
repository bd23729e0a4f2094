package graph

import (
	"time"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// Form is a page that waits for the person.
type Form struct {
	Title   *Text
	Text    *Text  // nil: none
	Notice  *Text  // nil: none
	Image   Value  // an https URL, a path of the host's own, or a data: picture. Nil: none
	QR      Value  // a string or a secret, drawn as a QR code. Nil: none
	Show    Value  // a string or a secret, shown to be copied. Nil: none
	Layout  string // one of Layouts. Empty: the first
	Fields  []FormField
	Buttons []Button // at least one
	Wait    *Wait    // nil: the page waits for the person alone
}

// Wait polls until another device answers: outcomes approved, denied, expired.
type Wait struct {
	For   Value         // a challenge
	Every time.Duration // at least a second
}

// FieldType is how a field is shown and what it gives.
type FieldType string

// The field types. password, newPassword, code, passkey, newPasskey, external and effort give secrets.
const (
	TextField        FieldType = "text"
	EmailField       FieldType = "email"
	PhoneField       FieldType = "phone"
	NumberField      FieldType = "number"
	DateField        FieldType = "date"
	CheckboxField    FieldType = "checkbox"
	ChoiceField      FieldType = "choice"
	PasswordField    FieldType = "password"
	NewPasswordField FieldType = "newPassword"
	CodeField        FieldType = "code"
	PasskeyField     FieldType = "passkey"
	NewPasskeyField  FieldType = "newPasskey"
	ExternalField    FieldType = "external"
	EffortField      FieldType = "effort"
)

// Pressed reports whether a field of this type is a button by itself: pressing it leaves the form by the outcome of the field's name, with this
// field's answer and no other's.
func (t FieldType) Pressed() bool {
	return t == PasskeyField || t == NewPasskeyField || t == ExternalField
}

// FormField is one field of a form.
type FormField struct {
	Name  string
	Type  FieldType
	Label *Text
	Hint  *Text // nil: none
	Value Value // prefill. Nil: none
	When  Value // not shown when false; keeps its value. Nil: always
	// Required: false, and left empty, a text field gives '', a checkbox false, a number, a date or a record nothing (Gives is then optional).
	Required bool
	Options  []Option // of a choice written out
	From     Value    // of a choice among records or a computed list. Nil: Options
	Account  Value    // whose passkeys are asked for, or who gets a new one. Nil: anybody's
	Provider Value    // of an external sign-on: the name of the identity provider. Nil: the field is none
	Gives    connector.Type
	Range    diag.Range
}

// Option is one entry of a choice.
type Option struct {
	Value string
	Label *Text
}

// Button is one way out of a form.
type Button struct {
	Name  string
	Label *Text
	Link  bool  // skips validation and gives no field values
	When  Value // hidden when false: its outcome then cannot be sent. Nil: always
	// Field is the pressed field that this button is: it asks for that one alone. Empty: the button is one of its own, and asks for all others.
	Field string
	Range diag.Range
}
