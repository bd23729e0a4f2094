package expression_test

import (
	"strings"
	"testing"

	"vigil/engine/expression"
)

func TestTheManualShowsEveryFunction(t *testing.T) {
	var shown []string
	for _, use := range expression.Uses() {
		shown = append(shown, use.Name)
		if !strings.Contains(use.Call, use.Name+"(") || !strings.HasSuffix(use.Doc, ".") {
			t.Errorf("%s is shown by %q, and told by %q", use.Name, use.Call, use.Doc)
		}
	}
	if got, want := strings.Join(shown, " "), strings.Join(expression.Functions(), " "); got != want {
		t.Errorf("the manual shows\n%s\nthere are\n%s", got, want)
	}
}
