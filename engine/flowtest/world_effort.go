package flowtest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strconv"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// work does the work that a page asks of the browser, where nothing else was entered: the puzzle is made an easy one first.
func (s *Stage) work(page run.Page, input *run.Input) {
	for i := range page.Fields {
		f := &page.Fields[i]
		if _, told := input.Values[f.Name]; f.Type != graph.EffortField || told {
			continue
		}
		answer := ""
		_ = keep{s}.Change(context.Background(), "test", "puzzle", func(value []byte) ([]byte, error) {
			var puzzle struct {
				Seed string `json:"seed"`
				Bits int    `json:"bits"`
			}
			if value == nil {
				return nil, nil
			}
			if err := json.Unmarshal(value, &puzzle); err != nil {
				return nil, err
			}
			puzzle.Bits = 1
			for n := 0; ; n++ {
				answer = strconv.Itoa(n)
				if digest := sha256.Sum256([]byte(puzzle.Seed + "." + answer)); digest[0] < 128 {
					break
				}
			}
			return json.Marshal(puzzle)
		})
		input.Values[f.Name] = answer
	}
}
