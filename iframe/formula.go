package iframe

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

const (
	hashLength   = 43 // base64url of SHA-256
	randomLength = 16 // base64url of 12 random bytes
	checkLength  = 6  // base64url of the 4 bytes of the self-check
	saltLength   = randomLength + checkLength

	// SessionStateLength is the length of every session_state, in characters.
	SessionStateLength = hashLength + 1 + saltLength
)

// Compute returns the session_state of an application at an origin for a user agent state:
// base64url(SHA-256(client_id SP origin SP OPUAS SP salt)) "." salt.
//
// The salt is 12 random bytes and a self-check of 4 bytes, which bind it to the client, the origin and the issuer's origin:
// a value minted for somebody else is an error, not a changed session. Both origins are as [Origin] returns them,
// opuas is the value of the cookie. The result has no space in it. OIDC Session 2 and 3.2.
func Compute(clientID, origin, issuerOrigin, opuas string, random [12]byte) string {
	var out [SessionStateLength]byte
	salt := out[hashLength+1:]
	base64.RawURLEncoding.Encode(salt, random[:])
	check := selfCheck(clientID, origin, issuerOrigin, salt[:randomLength])
	copy(salt[randomLength:], check[:])
	hash := stateHash(clientID, origin, opuas, salt)
	copy(out[:], hash[:])
	out[hashLength] = '.'
	return string(out[:])
}

// ParseSessionState parts a session_state into its hash and its salt; false means that it is not 43 and 22 base64url
// characters around a full stop.
func ParseSessionState(sessionState string) (hash, salt string, ok bool) {
	if len(sessionState) != SessionStateLength || sessionState[hashLength] != '.' {
		return "", "", false
	}
	hash, salt = sessionState[:hashLength], sessionState[hashLength+1:]
	return hash, salt, isBase64URL(hash) && isBase64URL(salt)
}

// saltFits runs the self-check of a salt.
func saltFits(clientID, origin, issuerOrigin, salt string) bool {
	check := selfCheck(clientID, origin, issuerOrigin, []byte(salt[:randomLength]))
	return salt[randomLength:] == string(check[:])
}

// stateFits compares the hash of a session_state with the one a user agent state would give.
func stateFits(clientID, origin, opuas, hash, salt string) bool {
	want := stateHash(clientID, origin, opuas, []byte(salt))
	return subtle.ConstantTimeCompare([]byte(hash), want[:]) == 1
}

func selfCheck(clientID, origin, issuerOrigin string, random []byte) (check [checkLength]byte) {
	sum := hashWords(clientID, origin, issuerOrigin, random)
	base64.RawURLEncoding.Encode(check[:], sum[:4])
	return check
}

func stateHash(clientID, origin, opuas string, salt []byte) (hash [hashLength]byte) {
	sum := hashWords(clientID, origin, opuas, salt)
	base64.RawURLEncoding.Encode(hash[:], sum[:])
	return hash
}

// hashWords is SHA-256 of four words with a space between each two. Only the first may hold spaces, so no two lists of words
// make the same text.
func hashWords(first, second, third string, last []byte) [sha256.Size]byte {
	var room [256]byte // enough for all but very long client identifiers
	text := append(append(room[:0], first...), ' ')
	text = append(append(text, second...), ' ')
	text = append(append(text, third...), ' ')
	return sha256.Sum256(append(text, last...))
}

// digestLength is that of 96 bits in base64url: who invents client identifiers until one meets any of the few hundred
// digests in a page needs about 2^88 tries, and a page of 300 stays under 6 kB.
const digestLength = 16

// Digest names a registered pair in the page without spelling it out: the first 96 bits of SHA-256(client_id SP origin).
func Digest(clientID, origin string) string {
	sum := sha256.Sum256([]byte(clientID + " " + origin))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:digestLength]
}
