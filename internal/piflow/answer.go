package piflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// Answer is what a client sends in a step.
type Answer struct {
	ID            string `json:"id"` // of the form
	EventName     string `json:"eventName"`
	InteractionID string `json:"interactionId"`
	Parameters    struct {
		EventType string `json:"eventType"` // submit, action, polling
		Data      struct {
			ActionKey string                     `json:"actionKey"` // empty: the first button
			FormData  map[string]json.RawMessage `json:"formData"`
		} `json:"data"`
	} `json:"parameters"`
}

// ErrAnswer: the answer is no JSON of the expected shape.
var ErrAnswer = errors.New("the answer cannot be read")

// ReadAnswer reads the body of a step. ErrAnswer.
func ReadAnswer(body []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return a, nil
}

// Input makes the machine's input for a page. ErrAnswer: a value is of a kind that no field has.
func (a *Answer) Input(page run.Page) (run.Input, error) {
	if a.Parameters.EventType == "polling" && page.Wait != nil {
		return run.Input{Node: a.ID, Poll: true}, nil
	}
	in := run.Input{Node: a.ID, Button: a.Parameters.Data.ActionKey, Values: make(map[string]string, len(a.Parameters.Data.FormData))}
	for key, raw := range a.Parameters.Data.FormData {
		text, err := spelled(raw)
		if err != nil {
			return in, fmt.Errorf("%w: %q: %w", ErrAnswer, key, err)
		}
		in.Values[key] = text
	}
	for _, f := range page.Fields {
		if f.Type == graph.ExternalField {
			// What a provider answers comes to an address of ours, never from a page of an application.
			if in.Button == f.Name {
				return in, fmt.Errorf("%w: %q leads to another provider", ErrAnswer, f.Name)
			}
			delete(in.Values, f.Name)
		}
		// The client compared the two entries and sends one.
		if value, sent := in.Values[f.Name]; sent && f.Repeat != "" {
			in.Values[f.Repeat] = value
		}
	}
	if a.Parameters.EventType == "submit" {
		press(page, &in)
	}
	return in, nil
}

// spelled writes a value as a browser's form would send it.
func spelled(raw json.RawMessage) (string, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", err
	}
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case map[string]any:
		for _, made := range []string{"assertionValue", "attestationValue"} {
			if answer, told := v[made]; told {
				return passkeyAnswer(answer)
			}
		}
		if answer, told := v["answer"].(string); told && len(v) == 1 {
			return answer, nil // of METADATA
		}
		if _, told := v["code"].(string); told {
			return "", nil // of METADATA that an application could not serve
		}
		return phone(v)
	}
	return "", fmt.Errorf("a %T is no entry", value)
}

// phone joins the parts of a PHONE_NUMBER. A country is a dialling code: +31, 31 or 0031; its two-letter name is passed over.
func phone(v map[string]any) (string, error) {
	number, ok := v["phoneNumber"].(string)
	if !ok {
		if len(v) == 0 {
			return "", nil
		}
		return "", errors.New("an object is no entry but of a phone number")
	}
	code, _ := v["countryCode"].(string)
	code = strings.TrimPrefix(strings.TrimPrefix(code, "+"), "00")
	if number == "" || strings.HasPrefix(number, "+") || code == "" || strings.Trim(code, "0123456789") != "" {
		return number, nil
	}
	return "+" + code + " " + number, nil
}
