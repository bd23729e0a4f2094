package password_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"vigil/internal/password"
)

const (
	salt = "AAAAAAAAAAAAAAAAAAAAAA"
	good = "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func keyOfNothing() string {
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey(nil, make([]byte, 16), 1, 8, 1, 32))
}

func TestAStringHasOneSpelling(t *testing.T) {
	e, err := password.Parse(good)
	if err != nil || e.String() != good || e.Params != password.Cheapest() || len(e.Salt) != 16 || len(e.Key) != 32 {
		t.Fatalf("%+v, %v", e, err)
	}
	replace := func(old, now string) string { return strings.Replace(good, old, now, 1) }
	for what, s := range map[string]string{
		"empty": "", "nothing in it": "$argon2id$v=19$$$", "argon2i": replace("argon2id", "argon2i"), "bcrypt": "$2a$10$N9qo8uLOickgx2ZMRZoMye",
		"no version": replace("v=19$", ""), "old version": replace("v=19", "v=16"), "leading zero": replace("m=8", "m=08"), "plus": replace("t=1", "t=+1"),
		"minus": replace("t=1", "t=-1"), "space": replace("t=1", "t= 1"), "other order": replace("m=8,t=1", "t=1,m=8"), "twice": replace("m=8", "m=8,m=8"),
		"key id": replace("p=1", "p=1,keyid=AAAA"), "too many threads": replace("p=1", "p=256"), "past 32 bits": replace("m=8", "m=4294967304"),
		"padded": good + "=", "trailing bits": strings.TrimSuffix(good, "A") + "B", "line break": good[:60] + "\n" + good[60:], "url alphabet": strings.TrimSuffix(good, "AA") + "_A",
		"short salt": replace(salt, "AAAA"), "short key": good[:len(good)-30], "tail": good + "$", "head": "x" + good, "long": good + strings.Repeat("A", 500),
	} {
		if _, err := password.Parse(s); !errors.Is(err, password.ErrMalformed) {
			t.Errorf("%s: %q gave %v", what, s, err)
		}
	}
}

func TestAStoredStringCannotAskForAbsurdWork(t *testing.T) {
	for _, costs := range []string{"m=4294967295,t=1,p=1", "m=262145,t=1,p=1", "m=8,t=4294967295,p=1", "m=8,t=65,p=1", "m=8192,t=1,p=255", "m=262144,t=64,p=1", "m=15,t=1,p=2"} {
		if _, err := password.Parse(strings.Replace(good, "m=8,t=1,p=1", costs, 1)); !errors.Is(err, password.ErrParams) {
			t.Errorf("%s: %v", costs, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{good, "", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "$argon2id$v=19$m=8,t=1,p=1$$", "$2a$10$x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := password.Parse(s)
		if err != nil {
			return
		}
		if e.String() != s {
			t.Errorf("%q is read, but spelled %q", s, e.String())
		}
		if work := uint64(e.Params.Memory) * uint64(e.Params.Passes); work > 1<<20 {
			t.Errorf("%q asks for %d KiB-passes", s, work)
		}
	})
}

func FuzzVerifyTyped(f *testing.F) {
	for _, s := range []string{"correct horse", "", "Cafe\u0301", "\xff\xfe", "\u200d\u0000", strings.Repeat("\u0344", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		h := hasher(t, password.Config{})
		phc, err := h.Hash(t.Context(), typed)
		ok, _ := verify(t, h, keep(phc, good), typed)
		if ok != (err == nil) {
			t.Errorf("%q: hash gave %v, verify %v", typed, err, ok)
		}
	})
}

func keep(phc, otherwise string) string {
	if phc == "" {
		return otherwise
	}
	return phc
}
