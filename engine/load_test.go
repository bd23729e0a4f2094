package engine_test

import (
	"os"
	"testing"

	"vigil/engine"
	"vigil/engine/internal/samples"
)

func TestTheFlowsOfTheManualAreProved(t *testing.T) {
	library, found := engine.Load(os.DirFS("testdata/flows"), samples.Registry())
	for _, d := range found {
		t.Errorf("%+v", d)
	}
	for _, name := range []string{"sign-on", "step-up", "register"} {
		if library.Flow(name) == nil {
			t.Errorf("the flow %q is not in the library", name)
		}
	}
}
