package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// Transformations of a PKCE verifier into its challenge.
const (
	ChallengeS256  = "S256"  // RFC 7636 4.2
	ChallengePlain = "plain" // RFC 7636 4.2
)

// VerifyPKCE reports whether verifier is what challenge was made of, in constant time.
//
// RFC 7636 4.6.
func VerifyPKCE(method, challenge, verifier string) bool {
	if !pkceString(verifier) {
		return false
	}
	switch method {
	case ChallengeS256:
		sum := sha256.Sum256([]byte(verifier))
		var want [43]byte
		base64.RawURLEncoding.Encode(want[:], sum[:])
		return subtle.ConstantTimeCompare(want[:], []byte(challenge)) == 1
	case ChallengePlain:
		return subtle.ConstantTimeCompare([]byte(verifier), []byte(challenge)) == 1
	}
	return false
}

// checkChallenge checks the form of a challenge and gives its method.
func checkChallenge(challenge, method string) (string, *Error) {
	switch {
	case challenge == "" && method == "":
		return "", nil
	case challenge == "":
		return "", InvalidRequest("code_challenge_method needs a code_challenge")
	case method == "":
		method = ChallengePlain // RFC 7636 4.3: plain when the request names no method
	case method != ChallengeS256 && method != ChallengePlain:
		// RFC 7636 4.4.1.
		return "", InvalidRequest("code_challenge_method is not supported; use S256")
	}
	if !pkceString(challenge) {
		return "", InvalidRequest("code_challenge must be 43 to 128 unreserved characters")
	}
	if method == ChallengeS256 {
		if !digestText(challenge) {
			return "", InvalidRequest("code_challenge is not the base64url form of a SHA-256 digest")
		}
	}
	return method, nil
}

// digestText reports whether s is the base64url form of a SHA-256 digest.
func digestText(s string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(raw) == sha256.Size
}

// pkceString reports whether s has the form that verifiers and challenges share.
//
// RFC 7636 4.1, 4.2: 43*128unreserved.
func pkceString(s string) bool {
	if len(s) < 43 || len(s) > 128 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '.' && c != '_' && c != '~' {
			return false
		}
	}
	return true
}
