package attempts

import (
	"bytes"
	"testing"
)

func FuzzDecode(f *testing.F) {
	f.Add((&tally{}).encode())
	f.Add((&tally{failures: []int64{1, 2, 2}, pending: []int64{3}, until: 9, level: 4}).encode())
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(got.encode(), b) {
			t.Errorf("%x is read, but written %x", b, got.encode())
		}
		got.advance(1<<40, NamePolicy())
		got.reserve(1 << 40)
		got.fail(1<<40, 1<<40, NamePolicy())
	})
}
