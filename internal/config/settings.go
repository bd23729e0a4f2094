package config

import (
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// settingName is what a flow can write after "settings.".
var settingName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// value gives the Go value of a setting: string, float64, bool, []any or map[string]any. It marks path as failed when something in it is refused.
func (r *reader) value(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.MappingNode:
		return r.settings(n, path)
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, c := range n.Content {
			items[i] = r.value(c, path)
		}
		return items
	}
	switch n.ShortTag() {
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int", "!!float":
		number, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			r.failed[path] = true
			r.fault(n, ruleValue, "%s is not a decimal number", shown(n.Value)).Hint = "put it in quotes if it is a text"
		}
		return number
	case "!!str":
		return n.Value
	}
	r.failed[path] = true
	r.fault(n, ruleType, "wanted a value, got %s", what(n)).Hint = "put it in quotes if it is a text; leave the key out if there is no value"
	return nil
}

func (r *reader) settings(n *yaml.Node, path string) map[string]any {
	values, first := map[string]any{}, map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		earlier := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !settingName.MatchString(key.Value):
			r.failed[path] = true
			r.fault(key, ruleValue, "%s is not a name that a flow can write", shown(key.Value)).Hint = "begin with a letter; letters, digits and _ may follow"
		case earlier != nil:
			r.failed[path] = true
			r.fault(key, ruleDuplicateKey, "%s is given twice", shown(key.Value)).Related = []diag.Related{
				{Message: "the first is here", Range: r.rangeOf(earlier)},
			}
		default:
			first[key.Value] = key
			values[key.Value] = r.value(value, path)
		}
	}
	return values
}
