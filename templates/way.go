package templates

// PasskeyQuestion is what the page asks of the browser's authenticator.
type PasskeyQuestion struct {
	// Create asks for a new passkey, else for one that there is.
	Create bool
	// Options are those of navigator.credentials as JSON, with base64url for
	// bytes. Zero: passkeys do not work at this address, and the page says so.
	Options string
}

// Ceremony is the method of navigator.credentials to call.
func (q PasskeyQuestion) Ceremony() string {
	if q.Create {
		return "create"
	}
	return "get"
}

// pressed reports whether a field of this type is a button by itself.
func (t FieldType) pressed() bool { return t == Passkey || t == NewPasskey || t == External }

// wayView is a field that is a button by itself.
type wayView struct {
	Field
	ID              string
	Lead            string // ids of what stands above, where the focus begins here
	Main, Autofocus bool   // Main: nothing on the page asks for more attention
	Words           *Words
}

// Scripted: the browser's authenticator is called by script.
func (v wayView) Scripted() bool { return v.Passkey != nil && v.Passkey.Options != "" }

// Unable: it is a passkey that cannot be used here.
func (v wayView) Unable() bool { return v.Type != External && !v.Scripted() }

// addWay puts a field that is a button by itself beside the others.
func (v *formView) addWay(field Field) {
	if field.Label == "" {
		field.Label = field.Name
	}
	way := wayView{Field: field, ID: "field-" + field.Name, Words: v.Words}
	if v.Error != "" && field.Name == v.ErrorField {
		way.Error, v.SummaryTarget = v.Error, way.ID
	}
	v.Ways = append(v.Ways, way)
}

// rankWays gives the first way the look of the main button where the page asks for nothing else.
func (v *formView) rankWays() {
	for i := range v.Ways {
		way := &v.Ways[i]
		way.Main = i == 0 && len(v.Inputs) == 0
		way.Autofocus = v.SummaryTarget == way.ID || way.Main && v.Error == ""
		if way.Autofocus {
			way.Lead = v.lead()
		}
	}
}

// Scripted: some way needs the script of passkeys.
func (v formView) Scripted() bool { return v.asksPasskey() }

func (p FormPage) asksPasskey() bool {
	for i := range p.Fields {
		if q := p.Fields[i].Passkey; q != nil && q.Options != "" {
			return true
		}
	}
	return false
}
