package flowtest

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// surroundings are what the environment of a test has.
type surroundings struct {
	settings map[string]any
	secrets  map[string]connector.SecretValue
}

// with gives these settings with some of them otherwise.
func (s surroundings) with(otherwise map[string]any) surroundings {
	if len(otherwise) > 0 {
		s.settings = maps.Clone(s.settings)
		maps.Copy(s.settings, otherwise)
	}
	return s
}

// surroundings reads `settings` and `secrets` of a test file. What the flow reads must be there; of a secret any text will do.
func (r *reader) surroundings(top *yaml.Node, keys map[string]*yaml.Node) surroundings {
	read, wanted := r.flow.Reads()
	s := surroundings{settings: r.settings(keys["settings"]), secrets: map[string]connector.SecretValue{}}
	for _, field := range read {
		if _, given := s.settings[field.Name]; !given && len(r.diags) == 0 {
			r.mistake(top, "missing-setting", "add settings: {"+field.Name+": …} to the file", "the flow reads settings.%s", field.Name)
		}
	}
	for _, name := range wanted {
		s.secrets[name] = connector.NewSecret("a secret")
	}
	if n := keys["secrets"]; n != nil {
		for _, p := range r.entries(n, "secrets") {
			if !slices.Contains(wanted, p.key.Value) {
				r.mistake(p.key, "unknown-secret", orRemove(diag.DidYouMean(p.key.Value, wanted, "It reads")), "the flow reads no secrets.%s", p.key.Value)
			}
			s.secrets[p.key.Value] = connector.NewSecret(r.text(p.value, "a secret"))
		}
	}
	return s
}

// settings reads values by the types that the environment declares.
func (r *reader) settings(n *yaml.Node) map[string]any {
	values := map[string]any{}
	if n == nil {
		return values
	}
	read, _ := r.flow.Reads()
	names := make([]string, len(read))
	for i := range read {
		names[i] = read[i].Name
	}
	for _, p := range r.entries(n, "settings") {
		at := slices.Index(names, p.key.Value)
		if at < 0 {
			r.mistake(p.key, "unknown-setting", orRemove(diag.DidYouMean(p.key.Value, names, "It reads")), "the flow reads no settings.%s", p.key.Value)
			continue
		}
		values[p.key.Value] = r.typed(p.value, read[at].Type)
	}
	return values
}

func orRemove(hint string) string {
	if hint == "" {
		return "remove it"
	}
	return hint
}

// Surround gives the environment settings and secrets that the test file does not. It counts for the runs that follow.
func (s *Stage) Surround(settings map[string]any, secrets map[string]string) {
	changed := surroundings{settings: map[string]any{}, secrets: map[string]connector.SecretValue{}}
	maps.Copy(changed.settings, settings)
	for name, text := range secrets {
		changed.secrets[name] = connector.NewSecret(text)
	}
	maps.Copy(changed.settings, s.around.settings)
	maps.Copy(changed.secrets, s.around.secrets)
	s.around = changed
}
