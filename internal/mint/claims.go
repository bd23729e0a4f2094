package mint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil/internal/oidc"
)

// idClaims are the claims of an ID token.
//
// OIDC Core 2, 3.1.3.6, 3.3.2.11; sid: OIDC Back-Channel Logout 2.1.
type idClaims struct {
	Issuer          string   `json:"iss"`
	Subject         string   `json:"sub"`
	Audience        string   `json:"aud"`
	Expires         int64    `json:"exp"` // Unix seconds
	IssuedAt        int64    `json:"iat"`
	AuthTime        int64    `json:"auth_time"`
	Nonce           string   `json:"nonce,omitempty"`
	ACR             string   `json:"acr,omitempty"`
	AMR             []string `json:"amr,omitempty"`
	SID             string   `json:"sid,omitempty"`
	AccessTokenHash string   `json:"at_hash,omitempty"`
	CodeHash        string   `json:"c_hash,omitempty"`
}

// protocolClaims lists what only the protocol says: a flow can neither change nor add them.
//
// RFC 8725 3.11: `events`, for one, would let an ID token pass as a logout token.
func protocolClaims() []string {
	return []string{
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash", "c_hash", "s_hash",
		"client_id", "scope", "gid", "cnf", "act", "may_act", "events", "sub_jwk",
	}
}

// isProtocol compares without case, for readers such as Go's do: they would take "Sub" behind "sub" for the subject.
func isProtocol(name string) bool {
	return slices.ContainsFunc(protocolClaims(), func(own string) bool { return strings.EqualFold(own, name) })
}

// extras gathers what goes into a token beside the protocol's own claims: what is known of the person, and what the flow wants to say, which wins.
func extras(person *oidc.Claims, flow []byte) (map[string]json.RawMessage, error) {
	if person == nil && len(flow) == 0 {
		return nil, nil
	}
	members := map[string]json.RawMessage{}
	if person != nil {
		known, err := json.Marshal(person)
		if err != nil {
			return nil, fmt.Errorf("claims of the person: %w", err)
		}
		if err := json.Unmarshal(known, &members); err != nil {
			return nil, fmt.Errorf("claims of the person: %w", err)
		}
	}
	if len(flow) > 0 {
		var said map[string]json.RawMessage
		if err := json.Unmarshal(flow, &said); err != nil {
			return nil, fmt.Errorf("claims of the flow: %w", err)
		}
		maps.Copy(members, said)
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return isProtocol(name) })
	return members, nil
}

// merge adds members to encoded claims.
func merge(claims []byte, members map[string]json.RawMessage) ([]byte, error) {
	if len(members) == 0 {
		return claims, nil
	}
	added, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	return append(append(claims[:len(claims)-1], ','), added[1:]...), nil
}
