package subject_test

import (
	"crypto/sha256"
	"testing"

	"vigil/internal/subject"
	"vigil/internal/tenant"
)

var subjects = subject.Subjects{Secret: func(environmentID, purpose string) [32]byte {
	return sha256.Sum256([]byte(environmentID + purpose))
}}

func pairwise(uri string) *tenant.Application {
	return &tenant.Application{SubjectType: tenant.SubjectPairwise, RedirectURIs: []string{uri}}
}

func TestAPersonHasOneNameInASectorAndAnotherInTheNext(t *testing.T) {
	here, sibling, there := pairwise("https://a.example.com/callback"), pairwise("https://a.example.com/other"), pairwise("https://b.example.com/callback")
	name := subjects.Of(here, "env", "ada")
	if name == "ada" || name == "" || len(name) > 255 {
		t.Fatalf("name %q", name)
	}
	if again := subjects.Of(sibling, "env", "ada"); again != name {
		t.Errorf("two names in one sector: %q and %q", name, again)
	}
	for what, other := range map[string]string{
		"another sector": subjects.Of(there, "env", "ada"), "another environment": subjects.Of(here, "other", "ada"), "another person": subjects.Of(here, "env", "bob"),
	} {
		if other == name {
			t.Errorf("%s has the same name", what)
		}
	}
	if user, ok := subjects.User(sibling, "env", name); !ok || user != "ada" {
		t.Errorf("the way back leads to %q, %v", user, ok)
	}
}

func TestANameOfAnotherSectorOrOneThatWasTouchedIsNobodys(t *testing.T) {
	here, there := pairwise("https://a.example.com/callback"), pairwise("https://b.example.com/callback")
	name := subjects.Of(here, "env", "ada")
	for what, try := range map[string]func() bool{
		"another sector":      func() bool { _, ok := subjects.User(there, "env", name); return ok },
		"another environment": func() bool { _, ok := subjects.User(here, "other", name); return ok },
		"a touched name":      func() bool { _, ok := subjects.User(here, "env", name[:len(name)-2]+"AA"); return ok },
		"the id itself":       func() bool { _, ok := subjects.User(here, "env", "ada"); return ok },
		"nothing":             func() bool { _, ok := subjects.User(here, "env", ""); return ok },
	} {
		if try() {
			t.Errorf("%s is taken for somebody", what)
		}
	}
}

func TestAPublicNameIsTheIDItself(t *testing.T) {
	app := &tenant.Application{}
	if name := subjects.Of(app, "env", "ada"); name != "ada" {
		t.Errorf("name %q", name)
	}
	if user, ok := subjects.User(app, "env", "ada"); !ok || user != "ada" {
		t.Errorf("user %q, %v", user, ok)
	}
}
