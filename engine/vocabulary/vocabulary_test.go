package vocabulary_test

import (
	"slices"
	"strings"
	"testing"

	"vigil/engine/syntax"
	"vigil/engine/vocabulary"
)

// TestTheVocabularyIsWhatTheReaderKnows asks the reader for its keys by a key that there is none of, at every place.
func TestTheVocabularyIsWhatTheReaderKnows(t *testing.T) {
	asked := map[string]string{
		"flow":        "zzzzzz: 1\n",
		"node":        "nodes: {a: {zzzzzz: 1}}\n",
		"form":        "nodes: {a: {form: {zzzzzz: 1}}}\n",
		"field":       "nodes: {a: {form: {fields: [{zzzzzz: 1}]}}}\n",
		"button":      "nodes: {a: {form: {buttons: [{zzzzzz: 1}]}}}\n",
		"wait":        "nodes: {a: {form: {wait: {zzzzzz: 1}}}}\n",
		"choice":      "nodes: {a: {choose: [{zzzzzz: 1}]}}\n",
		"edge":        "nodes: {a: {do: b, then: {c: {zzzzzz: 1}}}}\n",
		"declaration": "vars: {a: {zzzzzz: 1}}\n",
	}
	for _, m := range vocabulary.Maps() {
		if len(m.Keys) == 0 {
			if vocabulary.Find(m.Free) == nil && m.Free != "value" {
				t.Errorf("%s holds %q, which is nothing", m.Name, m.Free)
			}
			continue
		}
		_, found := syntax.Parse("x.yaml", []byte(asked[m.Name]))
		var known []string
		for _, d := range found {
			if list, ok := strings.CutPrefix(d.Hint, "Its keys are "); ok && d.Rule == "unknown-key" {
				known = strings.Split(strings.TrimSuffix(list, "."), ", ")
			}
		}
		var ours []string
		for _, k := range m.Keys {
			ours = append(ours, k.Name)
			if k.Doc == "" || k.Of != "" && vocabulary.Find(k.Of) == nil || (k.Of == "") == (k.Holds == vocabulary.Nested || k.Holds == vocabulary.List) {
				t.Errorf("%s.%s is not described well: %+v", m.Name, k.Name, k)
			}
		}
		slices.Sort(known)
		slices.Sort(ours)
		if !slices.Equal(known, ours) {
			t.Errorf("%s: the reader knows %v, the vocabulary %v", m.Name, known, ours)
		}
	}
}
