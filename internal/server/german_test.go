package server

import (
	"errors"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/flows"
	"vigil/internal/directory"
)

func TestEveryReasonForWhichTheDirectoryRefusesHasItsGerman(t *testing.T) {
	library, _ := engine.Load(flows.Files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	flow := library.Flow("register")
	reasons := []error{directory.ErrExists}
	for _, w := range []directory.Weakness{directory.TooShort, directory.Unusable, directory.IsName, directory.IsPresent} {
		reasons = append(reasons, &directory.WeakPasswordError{Reasons: []directory.Weakness{w}})
	}
	for field := range fieldWords {
		reasons = append(reasons, &directory.InvalidError{Field: field})
	}
	for _, reason := range reasons {
		var told *builtin.Refused
		if !errors.As(refused(reason), &told) || told.Reason == "" {
			t.Fatalf("%v is told as %v", reason, refused(reason))
		}
		if flow.ReasonWords("de", told.Reason) == told.Reason {
			t.Errorf("there is no German of %q", told.Reason)
		}
	}
	const both, german = "Use at least 8 characters. Use something else than your name.", "Nehmen Sie mindestens 8 Zeichen. Nehmen Sie etwas anderes als Ihren Namen."
	for said, want := range map[string]string{both: german, both + " So there.": both + " So there.", "": "", "So there.": "So there."} {
		if got := flow.ReasonWords("de", said); got != want {
			t.Errorf("%q is said as %q", said, got)
		}
		if got := flow.ReasonWords("", said); got != said {
			t.Errorf("%q is said in English as %q", said, got)
		}
	}
}
