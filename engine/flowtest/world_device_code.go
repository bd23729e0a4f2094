package flowtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector/builtin"
)

// waiting are the devices that wait, by code in capital letters without anything else. It is replaced whole.
type waiting map[string]builtin.DeviceRequest

func (w waiting) without(code string) waiting {
	rest := maps.Clone(w)
	delete(rest, folded(code))
	return rest
}

// folded is a code as it is compared.
func folded(code string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(code))
}

// devices reads the devices of a file: {BCDF-GHJK: {application: TV, scopes: [openid]}}.
func (r *reader) devices(n *yaml.Node) waiting {
	if n == nil {
		return nil
	}
	all := waiting{}
	for _, p := range r.entries(n, "devices") {
		keys := r.keys(p.value, "a device", "application", "clientId", "scopes", "ip")
		code := p.key.Value
		if folded(code) == "" {
			r.mistake(p.key, "shape", "write the code that it shows, such as BCDF-GHJK", "a device has a code")
		}
		all[folded(code)] = builtin.DeviceRequest{
			ID: code, Code: code, ClientID: r.text(keys["clientId"], "clientId"), Application: r.text(keys["application"], "application"),
			Scopes: r.texts(keys["scopes"], "scopes"), IP: r.text(keys["ip"], "ip"),
		}
	}
	return all
}

// expectedDevice checks that there is such a device.
func (r *reader) expectedDevice(n *yaml.Node) {
	code := r.text(n, "a device")
	if code == "" || slices.ContainsFunc(slices.Collect(maps.Values(r.waits)), func(d builtin.DeviceRequest) bool { return d.Code == code }) {
		return
	}
	r.mistake(n, "unknown-device", "add it to devices, by its code", "no device shows %q", code)
}

// showing are the devices around a stage.
type showing struct{ *Stage }

// Find implements builtin.Devices.
func (s showing) Find(_ context.Context, guess builtin.CodeGuess) (builtin.DeviceRequest, builtin.GuessAnswer, error) {
	if found, waits := s.waits[folded(guess.Code)]; waits {
		return found, builtin.GuessRight, nil
	}
	return builtin.DeviceRequest{}, builtin.GuessWrong, nil
}

// Deny implements builtin.Devices.
func (s showing) Deny(_ context.Context, _, id string, _ time.Time) error {
	s.waits = s.waits.without(id)
	return nil
}
