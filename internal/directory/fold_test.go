package directory

import "testing"

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ada", "\u0130stanbul", "stra\u00dfe", "\uff21da", "a\u0345\u0301", "ada\u05d0", "\xff", "\u1e9e\u0307"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded, err := fold(name)
		if err != nil {
			return
		}
		if again, err := fold(folded); err != nil || again != folded {
			t.Errorf("%q folds to %q, which folds to %q, %v", name, folded, again, err)
		}
		for _, b := range []byte(folded) {
			if b == 0 {
				t.Errorf("%q folds to a name with 0x00", name)
			}
		}
	})
}
