package hint

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"vigil/internal/sealed"
)

// NoteHeader is the member of an encrypted ID token's header that says to us, and to nobody else, whom it names: the token itself can be read by
// its application alone.
//
// RFC 7516 4.3: private header parameter names.
const NoteHeader = "hint"

// NotePurpose is what the secret is for under which notes are sealed.
const NotePurpose = "hints of encrypted id tokens"

// claims are those of an ID token that make it a hint.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Session  string `json:"sid"`
}

// Note seals what makes a signed ID token a hint.
func Note(secret [32]byte, nonce sealed.Nonce, token string) (string, error) {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[len(parts)/2])
	if err != nil {
		return "", fmt.Errorf("read claims of ID token: %w", err)
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", fmt.Errorf("read claims of ID token: %w", err)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write note: %w", err)
	}
	note, err := sealed.Seal(secret, nonce, raw, []byte(NoteHeader))
	if err != nil {
		return "", fmt.Errorf("seal note: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(note), nil
}

// noteOf reads the note of an encrypted token. False: it has none of ours.
func noteOf(secret [32]byte, token string) (c claims, ok bool) {
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return c, false
	}
	header := map[string]any{}
	if err := json.Unmarshal(raw, &header); err != nil {
		return c, false
	}
	note, _ := header[NoteHeader].(string)
	box, err := base64.RawURLEncoding.DecodeString(note)
	if err != nil {
		return c, false
	}
	plain, err := sealed.Open(secret, box, []byte(NoteHeader))
	return c, err == nil && json.Unmarshal(plain, &c) == nil
}
