package registration_test

import (
	"testing"

	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

// BenchmarkAgain is what a request costs that names an application which nobody changed since the last one.
func BenchmarkAgain(b *testing.B) {
	p := start(b, kvtest.NewWeak(schema.All(), 1), noon)
	r, err := p.Register(b.Context(), p.environment, p.token(b, -1), body(b, "", "a.example.com"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if p.environment.Application(r.ID) == nil {
			b.Fatal("unknown")
		}
	}
}

// BenchmarkAnew is what an application costs that was changed, or that the cache had no room for.
func BenchmarkAnew(b *testing.B) {
	store := kvtest.NewWeak(schema.All(), 1)
	r, err := start(b, store, noon).Register(b.Context(), start(b, store, noon).environment, start(b, store, noon).token(b, -1), body(b, "", "a.example.com"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if start(b, store, noon).environment.Application(r.ID) == nil {
			b.Fatal("unknown")
		}
	}
}
