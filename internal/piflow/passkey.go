package piflow

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// passkeyField is what clients read as a passkey to make or to use. Nil: nothing can be asked here.
//
// The options are WebAuthn's, with every run of bytes as a list of numbers.
func passkeyField(p *run.PageField, options json.RawMessage) *field {
	if len(options) == 0 {
		return nil
	}
	asked := map[string]any{}
	if json.Unmarshal(options, &asked) != nil {
		return nil
	}
	asked["challenge"] = numbers(asked["challenge"])
	if user, ok := asked["user"].(map[string]any); ok {
		user["id"] = numbers(user["id"])
	}
	for _, list := range []string{"allowCredentials", "excludeCredentials"} {
		known, _ := asked[list].([]any)
		for _, one := range known {
			if credential, ok := one.(map[string]any); ok {
				credential["id"] = numbers(credential["id"])
			}
		}
	}
	f := &field{Type: "FIDO2", Key: p.Name, Label: p.Label, Hint: p.Hint, Trigger: "BUTTON"}
	if p.Type == graph.NewPasskeyField {
		f.Action, f.CreationOptions = "REGISTER", asked
	} else {
		f.Action, f.RequestOptions = "AUTHENTICATE", asked
	}
	return f
}

// numbers spells bytes, given as base64url, as a list of numbers.
func numbers(value any) []int {
	text, _ := value.(string)
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	list := make([]int, len(raw))
	for i, b := range raw {
		list[i] = int(b)
	}
	return list
}

// passkeyAnswer writes what a client made of an authenticator's answer the way WebAuthn does: with base64url for bytes.
//
// WebAuthn 5.1: RegistrationResponseJSON, AuthenticationResponseJSON.
func passkeyAnswer(made any) (string, error) {
	answer, ok := made.(map[string]any)
	if !ok {
		return "", errors.New("an answer of a passkey is an object")
	}
	response, ok := answer["response"].(map[string]any)
	if !ok {
		return "", errors.New("an answer of a passkey has a response")
	}
	url := strings.NewReplacer("+", "-", "/", "_", "=", "")
	for _, part := range []map[string]any{answer, response} {
		for key, value := range part {
			switch text, isText := value.(string); {
			case value == nil:
				delete(part, key)
			case isText && key != "type" && key != "authenticatorAttachment":
				part[key] = url.Replace(text)
			}
		}
	}
	spelled, err := json.Marshal(answer)
	if err != nil {
		return "", fmt.Errorf("encode an answer of a passkey: %w", err)
	}
	return string(spelled), nil
}

// press presses the field that is a button by itself and that a submission answers.
func press(page run.Page, in *run.Input) {
	for i := range page.Fields {
		if f := &page.Fields[i]; f.Type.Pressed() && in.Values[f.Name] != "" {
			in.Button = f.Name
			return
		}
	}
}
