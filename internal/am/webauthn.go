package am

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// AM asks for passkeys in a spelling of its own, which its SDKs turn into the options of the browser; what the browser gives comes back in one
// text. Both are translated here from and to WebAuthn's JSON (WebAuthn 5.1.9, 5.1.10, 5.1.8.1).

// webAuthnOutcome is the id by which SDKs find the hidden value that takes the answer.
const webAuthnOutcome = "webAuthnOutcome"

// publicKey are the options of a browser, for a passkey that is made or one that is asked for.
type publicKey struct {
	Challenge        string          `json:"challenge"`
	Timeout          int             `json:"timeout"` // milliseconds
	RPID             string          `json:"rpId"`
	UserVerification string          `json:"userVerification"`
	Allow            []credentialID  `json:"allowCredentials"`
	Exclude          []credentialID  `json:"excludeCredentials"`
	Parameters       json.RawMessage `json:"pubKeyCredParams"` // nil: none is made
	Selection        json.RawMessage `json:"authenticatorSelection"`
	Attestation      string          `json:"attestation"`
	Party            struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"rp"`
	User struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	} `json:"user"`
}

type credentialID struct {
	ID string `json:"id"`
}

// metadataOf spells options as AM's MetadataCallback does.
func metadataOf(options json.RawMessage) (map[string]any, error) {
	var o publicKey
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, fmt.Errorf("read options of a passkey: %w", err)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(o.Challenge)
	if err != nil {
		return nil, fmt.Errorf("read challenge of a passkey: %w", err)
	}
	data := map[string]any{
		"_type": "WebAuthn", "challenge": base64.StdEncoding.EncodeToString(challenge), "timeout": o.Timeout, "supportsJsonResponse": true,
	}
	if o.Parameters == nil {
		return data, askedFor(data, &o)
	}
	return data, made(data, &o)
}

// askedFor describes a passkey that is asked for.
func askedFor(data map[string]any, o *publicKey) error {
	allowed := make([]map[string]any, len(o.Allow))
	for i, c := range o.Allow {
		id, err := signed(c.ID)
		if err != nil {
			return err
		}
		allowed[i] = map[string]any{"type": "public-key", "id": id}
	}
	data["_action"], data["userVerification"] = "webauthn_authentication", o.UserVerification
	data["allowCredentials"], data["_allowCredentials"] = "", allowed
	data["relyingPartyId"], data["_relyingPartyId"] = fmt.Sprintf("rpId: %q,", o.RPID), o.RPID
	return nil
}

// made describes a passkey that is made.
func made(data map[string]any, o *publicKey) error {
	user, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		return fmt.Errorf("read user of a passkey: %w", err)
	}
	var excluded []string
	for _, c := range o.Exclude {
		id, err := signed(c.ID)
		if err != nil {
			return err
		}
		excluded = append(excluded, fmt.Sprintf(`{ "type": "public-key", "id": new Int8Array(%s).buffer }`, joined(id)))
	}
	data["_action"], data["relyingPartyId"], data["relyingPartyName"] = "webauthn_registration", fmt.Sprintf("id: %q,", o.Party.ID), o.Party.Name
	data["userId"], data["userName"], data["displayName"] = string(user), o.User.Name, o.User.DisplayName
	data["pubKeyCredParams"], data["authenticatorSelection"] = string(o.Parameters), string(o.Selection)
	data["attestationPreference"], data["excludeCredentials"] = o.Attestation, strings.Join(excluded, ", ")
	return nil
}

// signed spells bytes in base64url as JavaScript's Int8Array does.
func signed(text string) ([]int8, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read id of a passkey: %w", err)
	}
	numbers := make([]int8, len(raw))
	for i, b := range raw {
		numbers[i] = int8(b)
	}
	return numbers, nil
}

func joined(numbers []int8) string {
	text := make([]string, len(numbers))
	for i, n := range numbers {
		text[i] = strconv.Itoa(int(n))
	}
	return "[" + strings.Join(text, ",") + "]"
}

// The texts that SDKs answer with: the client data, the signed bytes as numbers, the id; then whose it is, or what the device is called.
var (
	assertion   = regexp.MustCompile(`(?s)^(\{.*\})::([-\d,]+)::([-\d,]+)::([\w-]+)(?:::(.+))?$`)
	attestation = regexp.MustCompile(`(?s)^(\{.*\})::([-\d,]+)::([\w-]+)(?:::(.*))?$`)
)

// credentialOf spells what an SDK sent as the JSON of a credential. A text that is none, such as the error of a browser, is left as it is: whoever
// checks it finds that it proves nothing.
func credentialOf(answer string) string {
	var wrapped struct {
		Legacy     string `json:"legacyData"`
		Attachment string `json:"authenticatorAttachment"`
	}
	if json.Unmarshal([]byte(answer), &wrapped) != nil || wrapped.Legacy == "" {
		wrapped.Legacy = answer
	}
	response, id := map[string]any{}, ""
	var err error
	if m := assertion.FindStringSubmatch(wrapped.Legacy); m != nil {
		id = m[4]
		response["clientDataJSON"] = base64.RawURLEncoding.EncodeToString([]byte(m[1]))
		if m[5] != "" {
			response["userHandle"] = base64.RawURLEncoding.EncodeToString([]byte(m[5]))
		}
		response["authenticatorData"], err = unsigned(m[2])
		if err == nil {
			response["signature"], err = unsigned(m[3])
		}
	} else if m := attestation.FindStringSubmatch(wrapped.Legacy); m != nil {
		id = m[3]
		response["clientDataJSON"] = base64.RawURLEncoding.EncodeToString([]byte(m[1]))
		response["attestationObject"], err = unsigned(m[2])
	}
	if err != nil || id == "" {
		return answer
	}
	credential := map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}}
	if wrapped.Attachment != "" {
		credential["authenticatorAttachment"] = wrapped.Attachment
	}
	raw, err := json.Marshal(credential)
	if err != nil {
		return answer
	}
	return string(raw)
}

// unsigned reads the numbers of an Int8Array and spells them in base64url.
func unsigned(text string) (string, error) {
	parts := strings.Split(text, ",")
	raw := make([]byte, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < -128 || n > 255 {
			return "", errors.New("no byte")
		}
		raw[i] = byte(n)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}
