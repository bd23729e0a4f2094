package iframe_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"vigil/iframe"
)

// vectors reads a file of testdata.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	if err := json.Unmarshal(text, &all); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d vectors: %v", name, len(all), err)
	}
	return all
}

type formulaVector struct{ ClientID, Origin, Issuer, OPUAS, Random, SessionState, Digest string }

func TestTheFormulaGivesWhatAnotherProgramComputed(t *testing.T) {
	for _, v := range vectors[formulaVector](t, "formula.json") {
		var random [12]byte
		if _, err := hex.Decode(random[:], []byte(v.Random)); err != nil {
			t.Fatal(err)
		}
		if got := iframe.Compute(v.ClientID, v.Origin, v.Issuer, v.OPUAS, random); got != v.SessionState {
			t.Errorf("%s at %s: %s, want %s", v.ClientID, v.Origin, got, v.SessionState)
		}
		if got := iframe.Digest(v.ClientID, v.Origin); got != v.Digest {
			t.Errorf("%s at %s: digest %s, want %s", v.ClientID, v.Origin, got, v.Digest)
		}
		hash, salt, ok := iframe.ParseSessionState(v.SessionState)
		if !ok || hash+"."+salt != v.SessionState {
			t.Errorf("%s is not parsed", v.SessionState)
		}
	}
}

func TestASessionStateIs43And22CharactersAroundAFullStop(t *testing.T) {
	good := vectors[formulaVector](t, "formula.json")[0].SessionState
	for _, bad := range []string{
		"", ".", good + "A", good[1:], good[:43] + "-" + good[44:], "=" + good[1:], good[:65] + "=", good[:20] + "\x00" + good[21:],
	} {
		if _, _, ok := iframe.ParseSessionState(bad); ok {
			t.Errorf("%q is taken for a session_state", bad)
		}
	}
}

func TestAnOPUASValueIsOneOfThreeShapes(t *testing.T) {
	gen := iframe.NewGen([16]byte{15: 255})
	for value, want := range map[string]iframe.OPUAS{
		"a": {}, "s." + gen: {Gen: gen}, "b." + gen: {Gen: gen, BrowserRun: true},
	} {
		got, ok := iframe.ParseOPUAS(value)
		if !ok || got != want || got.String() != value {
			t.Errorf("%s: %+v %v, written %s", value, got, ok, got)
		}
	}
	for _, bad := range []string{"", "b", "A", "a.", "s." + gen[1:], "s." + gen + "A", "c." + gen, "s-" + gen, "s." + gen[:21] + "=", `"a"`} {
		if got, ok := iframe.ParseOPUAS(bad); ok {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
	if iframe.CountdownName(gen) != "OPUAS-L-AAAAAAAA" || iframe.BrowserRunName(gen) != "OPUAS-B-AAAAAAAA" {
		t.Error("the names do not end in the first eight characters of the generation")
	}
}

func BenchmarkCompute(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		iframe.Compute("3a1f2c7e-5d64-4c1b-9a0e-2f8c6b7d1e90", "https://app1.vigil.example", "https://auth.vigil.example", "s.AAECAwQFBgcICQoLDA0ODw", [12]byte{})
	}
}

func BenchmarkOrigin(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = iframe.Origin("https://app1.vigil.example:8443/callback")
	}
}
