package keys_test

import (
	"errors"
	"strings"
	"testing"

	"vigil/internal/keys"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

func TestPrivateKeysLieEncryptedUnderTheKeyEncryptionKey(t *testing.T) {
	store := openStore(t)
	kek := []byte("0123456789abcdef0123456789abcdef")
	plain := open(t, store, keys.Options{})
	token, secret := sign(t, plain.Ring("env"), keys.ES256), plain.Secret("env", "codes")
	if sealed, all := count(t, store); sealed != 0 || all != 4 {
		t.Fatalf("%d of %d sealed", sealed, all)
	}

	sealing := open(t, store, keys.Options{KeyEncryptionKey: kek})
	if sealed, all := count(t, store); sealed != all {
		t.Errorf("%d of %d sealed: what lay in the clear still does", sealed, all)
	}
	if _, err := sealing.Ring("env").Verify(token, keys.TypeIDToken); err != nil || sealing.Secret("env", "codes") != secret {
		t.Errorf("encrypting changed the keys: %v", err)
	}
	rotate(t, sealing, start)
	if sealed, all := count(t, store); sealed != all || all != 7 {
		t.Errorf("%d of %d sealed after a rotation", sealed, all)
	}

	for name, wrong := range map[string][]byte{"none": nil, "another": []byte("another key of thirty-two bytes!")} {
		if _, err := keys.Open(ctx, store, []string{"env"}, start, keys.Options{KeyEncryptionKey: wrong}); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := keys.Open(ctx, store, []string{"env"}, start, keys.Options{KeyEncryptionKey: []byte("short")}); err == nil {
		t.Error("a key-encryption key of five bytes was taken")
	}
}

// count says how many of the stored records are sealed and holds that none of those contains a readable key.
func count(t *testing.T, store kv.Store) (sealed, all int) {
	t.Helper()
	err := store.View(ctx, func(r kv.Reader) error {
		entries, err := r.Scan(schema.Key, nil, nil, kv.MaxKeys)
		sealed, all = 0, len(entries)
		for _, e := range entries {
			if strings.Contains(string(e.Value), `"sealed":true`) {
				sealed++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sealed, all
}
