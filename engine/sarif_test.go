package engine_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vigil/engine/diag"
)

// sarifSchema is the schema of SARIF 2.1.0, which comes with the packages that `make deps` installs.
const sarifSchema = "../internal/interop/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"

func TestWhatIsSaidOfTheCorpusIsSARIF(t *testing.T) {
	text, err := os.ReadFile(sarifSchema)
	if err != nil {
		t.Fatalf("make deps installs it: %v", err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for file := range corpora {
		_, mistakes := readCorpus(t, file)
		for i := range mistakes {
			_, found := mistakes[i].compile(mistakes[i].broken(t))
			var out bytes.Buffer
			if err := diag.WriteSARIF(&out, found, "1.2.3"); err != nil {
				t.Fatal(err)
			}
			log, err := jsonschema.UnmarshalJSON(&out)
			if err == nil {
				err = schema.Validate(log)
			}
			if err != nil {
				t.Errorf("%s: %v", mistakes[i].title, err)
			}
			judged += len(found)
		}
	}
	if judged < 400 {
		t.Errorf("only %d diagnostics were judged", judged)
	}
}
