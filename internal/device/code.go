package device

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
)

// letters are those of user codes: no vowels, so that no words come about, and nothing that looks like something else.
//
// RFC 8628 6.1: 20 letters, 8 of them: 34.5 bits against guesses that are braked.
const (
	letters    = "BCDFGHJKLMNPQRSTVWXZ"
	codeLength = 8
)

// newUserCode draws a code for people.
func newUserCode(random io.Reader) (string, error) {
	code := make([]byte, 0, codeLength)
	for len(code) < codeLength {
		var b [1]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw user code: %w", err)
		}
		// Beyond the last multiple some letters would be likelier than others.
		if n := int(b[0]); n < 256/len(letters)*len(letters) {
			code = append(code, letters[n%len(letters)])
		}
	}
	return string(code), nil
}

// Spell is a user code as people read it.
func Spell(userCode string) string {
	if len(userCode) != codeLength {
		return userCode
	}
	return userCode[:codeLength/2] + "-" + userCode[codeLength/2:]
}

// Fold reads what somebody typed: in any case, with any separators. Empty: it cannot be a user code.
//
// RFC 8628 6.1: characters outside of the alphabet are stripped, case is ignored.
func Fold(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	folded := strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(folded) != codeLength {
		return ""
	}
	return folded
}

// Key names an authorization in the store: ms of its expiry and the digest of its device code.
type Key [22]byte

// Expires is when the authorization is over.
func (k Key) Expires() time.Time {
	var wide [8]byte
	copy(wide[2:], k[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(wide[:])))
}

// String spells a key for a form that a person sends back. It is not the device code.
func (k Key) String() string { return encoding.EncodeToString(k[:]) }

// ParseKey reads what String wrote.
func ParseKey(s string) (k Key, ok bool) {
	raw, err := encoding.DecodeString(s)
	if err != nil || len(raw) != len(k) {
		return k, false
	}
	return Key(raw), true
}

var encoding = base64.RawURLEncoding.Strict()

func millis(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(max(t.UnixMilli(), 0)))[2:]
}

// secretSize is that of the secret in a device code, in bytes: nobody guesses it.
const secretSize = 16

// keyOf gives the key of a device code. False: it is none.
func keyOf(deviceCode string) (k Key, ok bool) {
	raw, err := encoding.DecodeString(deviceCode)
	if err != nil || len(raw) != 6+secretSize {
		return k, false
	}
	sum := sha256.Sum256(raw[6:])
	copy(k[copy(k[:], raw[:6]):], sum[:])
	return k, true
}

// step is how user codes are dated: by the full hour after their expiry, so that they can be found without knowing it and forgotten by time.
const step = time.Hour

// byCode is where a user code is found that expires within an hour before a full one.
func byCode(environmentID, userCode string, hour time.Time) []byte {
	sum := sha256.Sum256([]byte(environmentID + "\x00" + userCode))
	return append(millis(hour), sum[:16]...)
}

// places are where a living user code may be: its expiry lies ahead by an hour at most.
func places(environmentID, userCode string, now time.Time) [][]byte {
	hour := now.Truncate(step)
	return [][]byte{byCode(environmentID, userCode, hour.Add(step)), byCode(environmentID, userCode, hour.Add(2*step))}
}
