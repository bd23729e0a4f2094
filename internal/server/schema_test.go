package server_test

import (
	"path/filepath"
	"slices"
	"testing"

	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
)

// The page of the schema and the file of a server say the same.
func TestTheStoreHoldsTheBucketsOfTheSchemaPageAndNoOthers(t *testing.T) {
	folder := t.TempDir()
	text := "data: data\nenvironments:\n- id: home\n  name: Home\n  hosts: [https://sso.example.com]\n"
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := server.New(t.Context(), server.Options{Config: cfg, Passwords: password.Cheapest()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := bolt.Open(filepath.Join(cfg.Data, config.Database), nil, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := file.Buckets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, b := range schema.All() {
		want = append(want, b.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the file holds %v,\nthe page names %v", got, want)
	}
}
