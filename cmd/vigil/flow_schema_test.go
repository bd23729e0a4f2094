package main

import (
	"encoding/json"
	"testing"
)

func TestTheSchemaForEditorsIsJSON(t *testing.T) {
	var schema struct {
		Schema     string         `json:"$schema"`
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal([]byte(newBench(t).must("", "flow", "schema")), &schema); err != nil || schema.Schema == "" || schema.Properties["nodes"] == nil {
		t.Errorf("%v: %+v", err, schema)
	}
}
