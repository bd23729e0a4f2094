package engine_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/internal/samples"
	"vigil/engine/schema"
)

func flowSchema(t *testing.T, registry *connector.Registry) *jsonschema.Schema {
	t.Helper()
	text, err := schema.JSON(registry)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	const name = "urn:vigil:flow" // no file: what stands for one would be looked for beside this test
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid reads YAML as an editor does and holds it against the schema.
func valid(t *testing.T, s *jsonschema.Schema, source []byte) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(source, &value); err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(document)
}

func TestTheSchemaTakesEveryFlowThatTheEngineTakes(t *testing.T) {
	for pattern, registry := range map[string]*connector.Registry{
		"../flows/*.yaml": connector.NewRegistry(builtin.All(builtin.Ports{})...), "testdata/flows/*.yaml": samples.Registry(), "rule/testdata/*/ok.yaml": samples.Registry(),
	} {
		s := flowSchema(t, registry)
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".test.yaml") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := valid(t, s, source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// structural are the rules that a schema can hold. Others look at names, paths and expressions.
var structural = regexp.MustCompile(`error \[(unknown-key|missing-key|verb|unknown-capability|missing-input|unknown-type|duplicate-key|error-code|shape|ambiguous-name|yaml)\]`)

func TestTheSchemaTakesEveryFlowOfTheManual(t *testing.T) {
	s := flowSchema(t, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	manual, err := os.ReadFile("../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	flows := 0
	for i, block := range strings.Split(string(manual), "```") {
		text, isYAML := strings.CutPrefix(block, "yaml\n")
		if i%2 == 0 || !isYAML || !strings.HasPrefix(text, "flow: ") || strings.Contains(text, "\ncases:") {
			continue
		}
		flows++
		if err := valid(t, s, []byte(text)); err != nil {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if flows < 1 {
		t.Error("the manual has no flows")
	}
}

func TestTheSchemaRefusesWhatIsStructurallyBroken(t *testing.T) {
	s := flowSchema(t, samples.Registry())
	_, mistakes := readCorpus(t, "testdata/mistakes.txt")
	_, more := readCorpus(t, "testdata/authors.txt")
	mistakes = append(mistakes, more...)
	refused, wanted := 0, 0
	for _, m := range mistakes {
		source, err := os.ReadFile("testdata/flows/" + m.flow + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		broken := strings.Replace(string(source), m.old, strings.ReplaceAll(m.new, "⇥", "\t"), 1)
		err = valid(t, s, []byte(broken))
		if err != nil {
			refused++
		}
		if structural.MatchString(m.expected) {
			wanted++
			if err == nil {
				t.Errorf("%s is taken:\n%s", m.title, m.expected)
			}
		}
	}
	if wanted < 150 || refused < wanted {
		t.Errorf("%d of %d mistakes are refused, %d are structural", refused, len(mistakes), wanted)
	}
}
