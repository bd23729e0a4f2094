package subject

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"vigil/internal/tenant"
)

// Subjects makes and reads the names of all environments.
type Subjects struct {
	// Secret derives a secret of an environment, see keys.Set.
	Secret func(environmentID, purpose string) [32]byte
}

const purpose = "pairwise subjects"

var encoding = base64.RawURLEncoding.Strict()

// Of is the name of a person as an application sees it: the sub claim.
//
// OIDC Core 8: the same for everybody, or pairwise.
func (s Subjects) Of(app *tenant.Application, environmentID, userID string) string {
	if app.SubjectType != tenant.SubjectPairwise || userID == "" {
		return userID
	}
	key := s.Secret(environmentID, purpose)
	iv := vector(key, app.SectorIdentifier(), userID)
	// OIDC Core 8.1: calculated from the sector, the local account and a secret; nobody but us can turn it back.
	return encoding.EncodeToString(append(iv[:], crypt(key, iv, []byte(userID))...))
}

// User gives the person behind a name that Of made for the same application. False: it is no such name.
func (s Subjects) User(app *tenant.Application, environmentID, name string) (userID string, ok bool) {
	if app.SubjectType != tenant.SubjectPairwise {
		return name, name != ""
	}
	raw, err := encoding.DecodeString(name)
	if err != nil || len(raw) <= aes.BlockSize {
		return "", false
	}
	key := s.Secret(environmentID, purpose)
	iv := [aes.BlockSize]byte(raw)
	userID = string(crypt(key, iv, raw[aes.BlockSize:]))
	want := vector(key, app.SectorIdentifier(), userID)
	return userID, subtle.ConstantTimeCompare(want[:], iv[:]) == 1
}

// vector follows from sector and person, so that the same person has the same name in a sector whenever it is made.
func vector(key [32]byte, sector, userID string) [aes.BlockSize]byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(sector + "\x00" + userID))
	return [aes.BlockSize]byte(mac.Sum(nil))
}

// crypt encrypts and decrypts under a key that only encrypts.
func crypt(key [32]byte, iv [aes.BlockSize]byte, text []byte) []byte {
	sum := sha256.Sum256(append([]byte(purpose), key[:]...))
	block, err := aes.NewCipher(sum[:])
	if err != nil { // only a wrong key length fails
		panic("subject: " + err.Error())
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, text)
	return out
}
