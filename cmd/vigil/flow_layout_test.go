package main

import (
	"io/fs"
	"strings"
	"testing"

	"vigil/engine/graph"
	"vigil/static"
)

func TestPagesHaveTheLayoutsThatFlowsCanName(t *testing.T) {
	sheet, err := fs.ReadFile(static.FS(), "vigil.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range graph.LayoutNames()[1:] { // the first is how pages are
		if !strings.Contains(string(sheet), ".page-"+name+" .card {") {
			t.Errorf("vigil.css has no rule for the layout %s", name)
		}
	}
}
