package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrMalformed says that a stored string is not an argon2id PHC string. The string itself is never in the message.
var ErrMalformed = errors.New("malformed argon2id string")

// Encoded is a PHC string taken apart.
type Encoded struct {
	Params Params
	Salt   []byte // 8 to 64 bytes
	Key    []byte // 16 to 64 bytes
}

const maxString = 300 // bytes; the longest string within the bounds has 220

var encoding = base64.RawStdEncoding.Strict() // PHC string format: B64 is base64 without padding

// String gives the one spelling of e that Parse accepts.
func (e Encoded) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		e.Params.Memory, e.Params.Passes, e.Params.Threads, encoding.EncodeToString(e.Salt), encoding.EncodeToString(e.Key))
}

// Parse takes a PHC string apart. It accepts version 19, the parameters in the order m, t, p, and nothing optional.
// ErrMalformed when the form is wrong, ErrParams when the costs are absurd.
func Parse(s string) (Encoded, error) {
	if len(s) > maxString {
		return Encoded{}, ErrMalformed
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return Encoded{}, ErrMalformed
	}
	params, err := parseParams(parts[3])
	if err != nil {
		return Encoded{}, err
	}
	salt, err := parseBytes(parts[4], minSalt, maxSalt)
	if err != nil {
		return Encoded{}, err
	}
	key, err := parseBytes(parts[5], minKey, maxKey)
	if err != nil {
		return Encoded{}, err
	}
	return Encoded{Params: params, Salt: salt, Key: key}, nil
}

func parseParams(s string) (Params, error) {
	fields := strings.Split(s, ",")
	if len(fields) != 3 {
		return Params{}, ErrMalformed
	}
	memory, errM := parseNumber(fields[0], "m=", 32)
	passes, errT := parseNumber(fields[1], "t=", 32)
	threads, errP := parseNumber(fields[2], "p=", 8)
	if err := errors.Join(errM, errT, errP); err != nil {
		return Params{}, ErrMalformed
	}
	p := Params{Memory: uint32(memory), Passes: uint32(passes), Threads: uint8(threads)}
	return p, p.check()
}

func parseNumber(field, name string, bits int) (uint64, error) {
	digits, ok := strings.CutPrefix(field, name)
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' { // PHC string format: decimal without sign or leading zeros
		return 0, ErrMalformed
	}
	return strconv.ParseUint(digits, 10, bits)
}

func parseBytes(s string, shortest, longest int) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, ErrMalformed
	}
	b, err := encoding.DecodeString(s)
	if err != nil || len(b) < shortest || len(b) > longest {
		return nil, ErrMalformed
	}
	return b, nil
}
