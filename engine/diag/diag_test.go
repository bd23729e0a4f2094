package diag_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"vigil/engine/diag"
)

func at(line, column, length int) diag.Range {
	return diag.Range{File: "sign-on.yaml", Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: line, Column: column + length}}
}

func example() []diag.Diagnostic {
	return []diag.Diagnostic{{
		Severity: diag.Error, Rule: "unknown-outcome", Summary: `node "verify" has no outcome "succes"`, Hint: `did you mean "success"?`, Subject: at(2, 3, 6),
		Detail: "more of the why", Related: []diag.Related{{Message: "declared here", Range: at(1, 1, 4)}},
	}}
}

func sources(string) []byte {
	return []byte("then:\n\tü succes: done\x1b[31m\n" + strings.Repeat("x", 300) + "\n")
}

func TestTextShowsTheLineTheCaretAndTheHelp(t *testing.T) {
	var b strings.Builder
	if err := diag.WriteText(&b, example(), sources); err != nil {
		t.Fatal(err)
	}
	want := `sign-on.yaml:2:3: error: node "verify" has no outcome "succes" [unknown-outcome]
    2 |  ü succes: done·[31m
      |   ^~~~~~
note: more of the why
sign-on.yaml:1:1: note: declared here
    1 | then:
      | ^~~~
help: did you mean "success"?
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestALongLineIsShownAroundItsMistake(t *testing.T) {
	list := example()[:1]
	list[0].Subject, list[0].Related = at(3, 250, 40), nil
	var b strings.Builder
	if err := diag.WriteText(&b, list, sources); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines[1]) > 140 || !strings.HasPrefix(lines[1], "    3 | …x") || !strings.HasSuffix(lines[2], " ^"+strings.Repeat("~", 39)) {
		t.Errorf("got\n%s", b.String())
	}
}

func TestAPlaceOutsideTheFileShowsNoLine(t *testing.T) {
	list := example()[:1]
	list[0].Subject, list[0].Related, list[0].Detail = at(99, 1, 1), nil, ""
	var b strings.Builder
	if err := diag.WriteText(&b, list, sources); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 2 {
		t.Errorf("got\n%s", b.String())
	}
}

func TestJSONAndSARIFCarryPlaceRuleAndHelp(t *testing.T) {
	var b strings.Builder
	if err := diag.WriteJSON(&b, example()); err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(b.String()), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v in %s", err, b.String())
	}
	if d := list[0]; d["rule"] != "unknown-outcome" || d["hint"] != `did you mean "success"?` || d["start"].(map[string]any)["column"] != 3.0 {
		t.Errorf("got %v", d)
	}
	b.Reset()
	if err := diag.WriteSARIF(&b, example(), "1"); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Results []struct {
				RuleID    string
				Level     string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &log); err != nil {
		t.Fatal(err)
	}
	result := log.Runs[0].Results[0]
	region := result.Locations[0].PhysicalLocation.Region
	if log.Version != "2.1.0" || result.RuleID != "unknown-outcome" || result.Level != "error" || region.StartLine != 2 || region.StartColumn != 3 || region.EndColumn != 9 {
		t.Errorf("got %s", b.String())
	}
	b.Reset()
	if err := diag.WriteJSON(&b, nil); err != nil || strings.TrimSpace(b.String()) != "[]" {
		t.Errorf("no diagnostics are %q", b.String())
	}
}

func TestAWordInThePlaceOfAnotherIsAFixForPrograms(t *testing.T) {
	list := []diag.Diagnostic{
		{Rule: "unknown-outcome", Severity: diag.Error, Subject: at(2, 3, 6), Summary: `no outcome "succes"`, Hint: `did you mean "success"? Its outcomes are success, failure.`},
		{Rule: "shape", Severity: diag.Error, Subject: at(3, 3, 6), Summary: "a text, wanted a map", Hint: `did you mean "x"?`},
	}
	var asJSON, asSARIF strings.Builder
	if err := errors.Join(diag.WriteJSON(&asJSON, list), diag.WriteSARIF(&asSARIF, list, "1")); err != nil {
		t.Fatal(err)
	}
	if text := asJSON.String(); strings.Count(text, `"fix": {`) != 1 || !strings.Contains(text, `"text": "success"`) {
		t.Error(text)
	}
	if text := asSARIF.String(); strings.Count(text, `"fixes": [`) != 1 || !strings.Contains(text, `"insertedContent": {`) || !strings.Contains(text, `"deletedRegion": {`) {
		t.Error(text)
	}
}

func TestDiagnosticsStandInTheOrderOfFilesAndPlaces(t *testing.T) {
	list := []diag.Diagnostic{
		{Rule: "b", Severity: diag.Error, Subject: at(2, 1, 1)},
		{Rule: "a", Severity: diag.Warning, Subject: at(2, 1, 1)},
		{Rule: "a", Severity: diag.Error, Subject: at(2, 1, 1)},
		{Rule: "z", Severity: diag.Warning, Subject: at(1, 9, 1)},
	}
	diag.Sort(list)
	var order strings.Builder
	for _, d := range list {
		order.WriteString(d.Rule)
	}
	if order.String() != "zaba" {
		t.Errorf("got %s", order.String())
	}
	if diag.HasErrors(list[:1]) || !diag.HasErrors(list) {
		t.Error("a warning does not refuse a flow, an error does")
	}
}

func TestAMisspeltWordFindsItsNeighbour(t *testing.T) {
	words := []string{"success", "failure", "locked", "mustChange"}
	for word, want := range map[string]string{
		"succes": "success", "sucess": "success", "SUCCESS": "success", "lokced": "locked", "mustchange": "mustChange", "must_change": "mustChange", "done": "", "": "",
		strings.Repeat("s", 1000): "",
	} {
		if got := diag.Nearest(word, words); got != want {
			t.Errorf("%.20q is taken for %q, wanted %q", word, got, want)
		}
	}
	if got := diag.DidYouMean("lokced", words, "Its outcomes are"); got != `did you mean "locked"? Its outcomes are success, failure, locked, mustChange.` {
		t.Error(got)
	}
	if got := diag.DidYouMean("x", nil, "Its outcomes are"); got != "" {
		t.Error(got)
	}
}
