package syntax

import (
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// LocaleFile is the texts of flows in one other language, by the places where they stand.
type LocaleFile struct {
	Tag     string // BCP 47, as the file is called
	Entries []LocaleText
	Lost    []string // places whose texts could not be read: that they lack is no further mistake
}

// LocaleText is one text and where it belongs: sign-on.credentials.title.
type LocaleText struct{ Place, Text Scalar }

var localeTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// ParseLocale reads the texts of one language. It is never nil; the diagnostics name what could not be read.
func ParseLocale(name string, text []byte) (*LocaleFile, []diag.Diagnostic) {
	r := &reader{source: NewSource(name, text), flow: map[*yaml.Node]bool{}, what: "a file of texts", begins: "such a file begins with a place and its text: sign-on.credentials.title: …"}
	f := &LocaleFile{Tag: flowName(name)}
	if !localeTag.MatchString(f.Tag) {
		r.report("name", r.source.at(1, 1, 1), fmt.Sprintf("%q names no language", f.Tag), "name the file by its language: de.yaml, pt-BR.yaml")
	}
	root := r.read()
	if root == nil {
		return f, r.found
	}
	r.markFlow(root, false)
	r.clean(root)
	for _, pair := range r.entries(root, "a file of texts") {
		if pair[1].Kind != yaml.ScalarNode {
			r.notFlat(pair[0], pair[1])
			f.Lost = append(f.Lost, placesBelow(pair[0].Value, pair[1])...)
			continue
		}
		f.Entries = append(f.Entries, LocaleText{Place: r.scalar(pair[0]), Text: r.text(pair[1], pair[0].Value)})
	}
	return f, r.found
}

// placesBelow are the places of the texts in nested maps.
func placesBelow(place string, n *yaml.Node) []string {
	if n.Kind != yaml.MappingNode {
		return []string{place}
	}
	var places []string
	for i := 0; i+1 < len(n.Content) && len(places) < maxItems; i += 2 {
		places = append(places, placesBelow(place+"."+n.Content[i].Value, n.Content[i+1])...)
	}
	return places
}

// notFlat names what stands under a place where a text was wanted. Somebody who nests maps learns how the place inside is written.
func (r *reader) notFlat(place, n *yaml.Node) {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 || n.Content[0].Kind != yaml.ScalarNode {
		r.wrongShape(n, place.Value, "a text")
		return
	}
	full, inner := place.Value, n
	for inner.Kind == yaml.MappingNode && len(inner.Content) > 0 && inner.Content[0].Kind == yaml.ScalarNode {
		full += "." + inner.Content[0].Value
		inner = inner.Content[1]
	}
	r.report("shape", r.scalar(place).Range, fmt.Sprintf("%q holds a map: places of texts do not stand inside each other", place.Value), fmt.Sprintf("write every place whole, in one line: %s: …", full))
}
