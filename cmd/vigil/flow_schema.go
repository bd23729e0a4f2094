package main

import (
	"fmt"

	"vigil/engine/schema"
)

type flowSchema struct{}

// Run writes the JSON Schema by which editors complete and check flow files.
func (c *flowSchema) Run(w *world) error {
	text, err := schema.JSON(capabilities())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%s\n", text)
	return err
}
