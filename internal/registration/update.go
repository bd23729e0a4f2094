package registration

import (
	"crypto/subtle"
	"encoding/json"

	"vigil/internal/oidc"
)

// checkOwn holds what a client says of itself, beside its metadata, to its record.
//
// RFC 7592 2.2: client_id is there and its own; a secret, if it is there, is the present one; what only the server says is not.
func (d *Directory) checkOwn(c *Client, body []byte) *oidc.Error {
	var said map[string]json.RawMessage
	if err := json.Unmarshal(body, &said); err != nil || said == nil {
		return invalid("the body is not a JSON object")
	}
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"} {
		if said[name] != nil {
			return oidc.InvalidRequest(name + " must not be sent")
		}
	}
	var id, secret string
	if json.Unmarshal(said["client_id"], &id) != nil || id != c.ID {
		return oidc.InvalidRequest("client_id is missing or not this client's")
	}
	if said["client_secret"] == nil {
		return nil
	}
	if json.Unmarshal(said["client_secret"], &secret) != nil || subtle.ConstantTimeCompare([]byte(secret), []byte(d.shownSecret(c))) != 1 {
		return oidc.InvalidRequest("client_secret is not this client's")
	}
	return nil
}
