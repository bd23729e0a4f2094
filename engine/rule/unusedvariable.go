package rule

import (
	"fmt"

	"vigil/engine/diag"
	"vigil/engine/graph"
)

// unusedVariable warns of variables that nothing reads.
func unusedVariable(s *subject) {
	reads := s.reads()
	for i := range s.flow.Vars {
		v := &s.flow.Vars[i]
		if !reads[graph.Reference{Root: "vars", Name: v.Name}] {
			d := s.report(v.Range, fmt.Sprintf("nothing reads the variable %q", v.Name), "remove it and what sets it")
			d.Severity = diag.Warning
		}
	}
}
