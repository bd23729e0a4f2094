package diag

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"
)

// WriteSARIF writes diagnostics as SARIF 2.1.0, which code hosts show beside the lines of a change.
func WriteSARIF(w io.Writer, list []Diagnostic, version string) error {
	run := sarifRun{Tool: sarifTool{Driver: sarifDriver{Name: "vigil flow lint", Version: version, Rules: []sarifRule{}}}, Results: make([]sarifResult, len(list)), ColumnKind: "unicodeCodePoints"}
	var rules []string
	for i := range list {
		rules = append(rules, list[i].Rule)
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	for _, name := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: name})
	}
	for i := range list {
		d := &list[i]
		text := d.Summary
		for _, more := range []string{d.Detail, d.Hint} {
			if more != "" {
				text += "\n" + more
			}
		}
		// SARIF 3.58.6: the level is error, warning or note.
		result := sarifResult{RuleID: d.Rule, Level: string(d.Severity), Message: sarifMessage{Text: text}, Locations: []sarifLocation{location(d.Subject, "")}}
		for _, r := range d.Related {
			result.Related = append(result.Related, location(r.Range, r.Message))
		}
		if fix, ok := FixOf(d); ok {
			// SARIF 3.55: a fix is a set of changes to files; each replacement takes a region out and puts a text in.
			at := location(fix.Range, "").Physical
			result.Fixes = []sarifFix{{
				Description: sarifMessage{Text: "write " + fix.Text},
				Changes:     []sarifChange{{Artifact: at.Artifact, Replacements: []sarifReplacement{{Deleted: at.Region, Inserted: sarifMessage{Text: fix.Text}}}}},
			}}
		}
		run.Results[i] = result
	}
	return encode(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func location(r Range, message string) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifact{URI: (&url.URL{Path: filepath.ToSlash(r.File)}).String()},
		Region:   sarifRegion{StartLine: r.Start.Line, StartColumn: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column},
	}}
	if message != "" {
		l.Message = &sarifMessage{Text: message}
	}
	return l
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	Results    []sarifResult `json:"results"`
	ColumnKind string        `json:"columnKind"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
	Fixes     []sarifFix      `json:"fixes,omitempty"`
}

type sarifFix struct {
	Description sarifMessage  `json:"description"`
	Changes     []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion  `json:"deletedRegion"`
	Inserted sarifMessage `json:"insertedContent"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
	Message  *sarifMessage `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}
