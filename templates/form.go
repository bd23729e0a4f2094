package templates

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ButtonInput is the name under which a form sends the name of the button that
// was pressed. Names of fields begin with a letter, so none can take it.
const ButtonInput = "_button"

// LeaveInput is the name under which a form sends the name of the External
// field that was pressed.
const LeaveInput = "_leave"

// RepeatSuffix makes the name of the second input of a NewPassword field:
// "secret" is typed again as "secret.repeat".
const RepeatSuffix = ".repeat"

// CheckboxOn is what a ticked checkbox sends. One that is not ticked sends nothing.
const CheckboxOn = "true"

// FieldType is the kind of a form's field.
type FieldType string

// The types of fields. Password, NewPassword and Code never show a value.
const (
	Text        FieldType = "text"
	Email       FieldType = "email"
	Phone       FieldType = "phone"
	Number      FieldType = "number"
	Date        FieldType = "date" // value: 2026-11-21
	Checkbox    FieldType = "checkbox"
	Choice      FieldType = "choice"
	Password    FieldType = "password"
	NewPassword FieldType = "newPassword"
	Code        FieldType = "code"
	Passkey     FieldType = "passkey" // a button by itself, as the next two are
	NewPasskey  FieldType = "newPasskey"
	External    FieldType = "external" // leads to another identity provider
)

// FormPage is one page of a flow.
type FormPage struct {
	Page
	// Application is the one the person signs on to. Zero: not named.
	Application string
	// Title is the heading. Text stands under it; its line breaks are kept.
	Title, Text string
	// Notice is good news, Error is bad news. Zero: not shown.
	Notice, Error string
	// ErrorField is the name of the field that Error is about. Zero, or a name
	// that is not among Fields: it is about the form.
	ErrorField string
	// QR is drawn as a QR code. Zero: nothing is, nor where it is too long.
	QR string
	// Image is a picture: an https URL, a path of this host, or a data: picture. Zero, or anything else: none.
	Image string
	// Layout is how the page looks: card, wide, split or bare, of which vigil.css has the rules. Zero: card.
	Layout string
	// Show is to be copied or typed elsewhere, line by line. Zero: nothing.
	Show string
	// Action is the URL that the form is posted to.
	Action string
	// Hidden goes with the form, such as the token against forged posts.
	Hidden []Hidden
	Fields []Field
	// Wait: the page looks for the answer of another device. Nil: it waits for the person alone.
	Wait *Wait
	// Follow: the page goes on by itself after a sign-on in another tab. Nil: it does not.
	Follow *Follow
	// Buttons are tried in order by the Enter key. Empty: one named "continue",
	// unless all fields are buttons by themselves.
	Buttons []Button
}

// Wait says how a page waits for another device.
type Wait struct {
	// Poll is the path that answers 204 while there is nothing new. Next is where the page goes then, and every so often without script.
	Poll, Next string
	Every      time.Duration
}

// Seconds is how often a page without script looks: at least every second.
func (w Wait) Seconds() int { return max(int(w.Every/time.Second), 1) }

// Milliseconds is how often the script looks.
func (w Wait) Milliseconds() int64 { return w.Every.Milliseconds() }

// Follow says how a page watches for a sign-on in another tab of its browser.
type Follow struct {
	// Ask is the path that tells, with the query of the page's address, where to go on. Cookie is the name of the one that changes then.
	Ask, Cookie string
}

// Policy is the Content-Security-Policy of this page: FormPolicy, the origin of its picture, and the scripts of ours where the page waits, watches or asks
// for a passkey.
func (p FormPage) Policy() string {
	policy := FormPolicy
	switch {
	case p.Wait != nil, p.Follow != nil:
		policy = FormPolicy + "; script-src 'self'; connect-src 'self'"
	case p.asksPasskey(), p.asksEffort():
		policy = FormPolicy + "; script-src 'self'"
	}
	if _, origin := pictureSource(p.Image); origin != "" {
		policy = strings.Replace(policy, "img-src 'self' data:", "img-src 'self' data: "+origin, 1)
	}
	return policy
}

// Field is one question of a form.
type Field struct {
	// Name is what the answer is posted as: a letter, then letters and digits.
	Name string
	// Type is the kind of the answer. Zero or unknown: Text.
	Type FieldType
	// Label names the field. Zero: its Name.
	Label string
	// Hint stands under the label. Zero: none.
	Hint string
	// Value is what the field holds at first; CheckboxOn ticks a Checkbox.
	Value string
	// Required makes the browser ask for an answer. A field that is not
	// required says so, except a Checkbox.
	Required bool
	// Options are the answers of a Choice.
	Options []Option
	// Autocomplete is the HTML autofill token. Zero: taken from Type and Name.
	Autocomplete string
	// Error says what is wrong with the answer so far. Zero: nothing.
	Error string
	// Puzzle is what an Effort is about.
	Puzzle string
	// Passkey is what a Passkey or NewPasskey asks. Nil: of other types.
	Passkey *PasskeyQuestion
}

// Option is one answer of a Choice.
type Option struct {
	Value string
	// Label is what the person reads. Zero: Value.
	Label string
}

// Button ends a form.
type Button struct {
	// Name is sent as the value of ButtonInput.
	Name string
	// Label is what the person reads. Zero: Name.
	Label string
	// Link makes the button look like a link and skips the browser's checks.
	Link bool
}

// radioOptions is the most options a Choice shows side by side; with more it
// becomes a menu.
const radioOptions = 6

// shortForm is the most fields a form has in sight all at once.
const shortForm = 3

type formView struct {
	FormPage
	// ImageSource is Image where it is one.
	ImageSource template.URL
	Inputs      []inputView
	Ways        []wayView
	// SummaryTarget is the id of the input that Error is about.
	SummaryTarget string
	// Summary is true when Error is told above the form: always if it is about
	// the form, else only where the field may be out of sight.
	Summary bool
}

type inputView struct {
	Field
	ID, InputType, InputMode string
	Describe                 string // ids of hint and error, separated by spaces
	Alert                    bool   // Error is told here and nowhere else
	Autofocus, Secret, Menu  bool
	Words                    *Words
}

// OptionID is the id of the nth option; that of the first is the field's own,
// so that a link to the field leads there.
func (v inputView) OptionID(n int) string {
	if n == 0 {
		return v.ID
	}
	return v.ID + "-" + strconv.Itoa(n)
}

// Named: it asks for a user name, spelled to the letter.
func (v inputView) Named() bool {
	return v.Autocomplete == "username" || v.Autocomplete == "username webauthn"
}

// LeftToRight: what is typed runs so in every language: addresses, numbers and codes, whose signs would change places beside Arabic or Hebrew.
func (v inputView) LeftToRight() bool {
	switch v.Type {
	case Email, Phone, Number, Code:
		return true
	}
	return false
}

// RepeatName is what the second input of a NewPassword is posted as.
func (v inputView) RepeatName() string { return v.Name + RepeatSuffix }

func newFormView(page FormPage) formView {
	page.Page = page.withDefaults()
	if len(page.Buttons) == 0 && (len(page.Fields) == 0 || slices.ContainsFunc(page.Fields, func(f Field) bool { return !f.Type.pressed() })) {
		page.Buttons = []Button{{Name: "continue", Label: page.Words.Continue}}
	}
	page.Buttons = labelled(page.Buttons)
	view := formView{FormPage: page}
	view.ImageSource, _ = pictureSource(page.Image)
	for _, field := range page.Fields {
		if field.Type.pressed() {
			view.addWay(field)
			continue
		}
		input := newInputView(field, page.Words)
		if page.Error != "" && field.Name == page.ErrorField {
			input.Error = page.Error
			view.SummaryTarget = input.ID
		}
		if input.Error != "" {
			input.Describe = strings.TrimSpace(input.Describe + " " + input.ID + "-error")
		}
		view.Inputs = append(view.Inputs, input)
	}
	for i := range view.Inputs {
		if page.Error == "" && view.SummaryTarget == "" && view.Inputs[i].Error != "" {
			view.SummaryTarget = view.Inputs[i].ID
		}
	}
	view.Summary = page.Error != "" && (view.SummaryTarget == "" || len(page.Fields) > shortForm)
	for i := range view.Inputs {
		view.Inputs[i].Alert = !view.Summary
	}
	view.placeFocus()
	view.rankWays()
	return view
}

func labelled(buttons []Button) []Button {
	out := make([]Button, len(buttons))
	for i, button := range buttons {
		if button.Label == "" {
			button.Label = button.Name
		}
		out[i] = button
	}
	return out
}

func newInputView(field Field, words *Words) inputView {
	if field.Label == "" {
		field.Label = field.Name
	}
	look, known := inputs[field.Type]
	if !known {
		field.Type, look = Text, inputs[Text]
	}
	view := inputView{
		Field: field, Words: words, ID: "field-" + field.Name,
		InputType: look.inputType, InputMode: look.inputMode, Secret: look.secret,
		Menu: field.Type == Choice && len(field.Options) > radioOptions,
	}
	if look.secret {
		view.Value = ""
	}
	if field.Hint != "" {
		view.Describe = view.ID + "-hint"
	}
	if field.Autocomplete == "" {
		view.Autocomplete = autofill(field.Name, look.autocomplete)
	}
	return view
}

// inputs says how each type is asked for in HTML.
var inputs = map[FieldType]struct {
	inputType, inputMode, autocomplete string
	secret                             bool
}{
	Text:        {inputType: "text"},
	Email:       {inputType: "email", inputMode: "email", autocomplete: "email"},
	Phone:       {inputType: "tel", inputMode: "tel", autocomplete: "tel"},
	Number:      {inputType: "number", inputMode: "decimal"},
	Date:        {inputType: "date"},
	Checkbox:    {inputType: "checkbox"},
	Choice:      {inputType: "radio"},
	Password:    {inputType: "password", autocomplete: "current-password", secret: true},
	NewPassword: {inputType: "password", autocomplete: "new-password", secret: true},
	Effort:      {inputType: "hidden", secret: true},
	Code:        {inputType: "text", inputMode: "numeric", autocomplete: "one-time-code", secret: true},
}

// autofill gives the HTML autofill token for a field's name, else its type's.
func autofill(name, byType string) string {
	if byType != "" {
		return byType
	}
	switch name {
	case "username", "userName", "user":
		return "username"
	case "givenName", "firstName":
		return "given-name"
	case "familyName", "lastName":
		return "family-name"
	case "name":
		return "name"
	case "birthday", "birthdate":
		return "bday"
	case "organization", "country":
		return name
	}
	return ""
}
