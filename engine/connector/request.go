package connector

import (
	"encoding/json"
	"errors"
	"time"

	"vigil/engine/spelling"
)

// requestFormat is the first byte of a spelled request. Earlier programs wrote JSON, which begins with a brace.
const requestFormat = 1

var errFormat = errors.New("decode request: not a request of this format")

// texts are those of a request, in the order in which they are spelled.
func (r *Request) texts() [10]*string {
	b := &r.Browser
	return [...]*string{&r.ClientID, &r.LoginHint, &r.IP, &r.Country, &r.Language, &r.UserCode, &r.Locale, &b.Name, &b.Version, &b.Platform}
}

// MarshalBinary implements encoding.BinaryMarshaler: hosts read a request at every step.
func (r Request) MarshalBinary() ([]byte, error) {
	b := append(make([]byte, 0, 128), requestFormat)
	for _, text := range r.texts() {
		b = spelling.AppendText(b, *text)
	}
	b = spelling.AppendTexts(spelling.AppendTexts(b, r.Scopes), r.ACRValues)
	b = spelling.AppendInt(b, int64(r.MaxAge))
	return spelling.AppendBool(spelling.AppendBool(b, r.Browser.Passkeys), r.Reauthenticate), nil
}

// UnmarshalBinary reads what MarshalBinary spelled, or an earlier program wrote.
func (r *Request) UnmarshalBinary(data []byte) error {
	*r = Request{}
	if len(data) > 0 && data[0] == '{' {
		return json.Unmarshal(data, r)
	}
	from := spelling.Read(string(data))
	if from.Byte() != requestFormat {
		return errFormat
	}
	for _, into := range r.texts() {
		*into = from.Text()
	}
	r.Scopes, r.ACRValues = from.Texts(), from.Texts()
	r.MaxAge = time.Duration(from.Int())
	r.Browser.Passkeys, r.Reauthenticate = from.Bool(), from.Bool()
	if !from.Whole() {
		return errFormat
	}
	return nil
}
