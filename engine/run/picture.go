package run

import (
	"fmt"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// picture computes what a page draws. Nil draws nothing; a secret may be drawn, since a page is not stored.
func (x *execution) picture(v graph.Value) (string, error) {
	if v == nil {
		return "", nil
	}
	value, err := x.eval(v)
	if err != nil {
		return "", err
	}
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case connector.SecretValue:
		return value.Reveal(), nil
	}
	return "", fmt.Errorf("cannot draw a %T", value)
}
