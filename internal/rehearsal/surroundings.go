package rehearsal

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/syntax"
)

// offer writes the settings and secrets that the flow reads into the configuration of its environment.
func (p *performance) offer(b *strings.Builder) error {
	settings, secrets := p.scene.Flow.Reads()
	if len(settings) > 0 {
		b.WriteString("  settings:\n")
	}
	for _, s := range settings {
		s.Type.Optional = false
		fmt.Fprintf(b, "    %s: {type: %q, value: %s}\n", s.Name, s.Type.String(), written(p.scene.Settings[s.Name]))
	}
	if len(secrets) > 0 {
		b.WriteString("  secrets:\n")
	}
	for _, name := range secrets {
		file := filepath.Join(p.folder, "secret-"+name)
		if err := os.WriteFile(file, []byte(p.scene.Secrets[name].Reveal()), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(b, "    %s: ${file:%s}\n", name, file)
	}
	return nil
}

// written is a setting as a configuration holds it.
func written(value any) string {
	switch v := value.(type) {
	case time.Duration:
		return connector.FormatDuration(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = written(v[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return literal(value)
}

// scopes are all that the case's application may ask for. Those that no provider gives a meaning belong to a resource.
func (p *performance) scopes(b *strings.Builder) []string {
	all := []string{"openid", "profile", "email", "address", "phone", "offline_access"}
	var foreign []string
	wanted := slices.Clone(p.scene.Request.Scopes)
	for _, d := range p.scene.Devices {
		wanted = append(wanted, d.Scopes...)
	}
	for _, scope := range wanted {
		if !slices.Contains(all, scope) && !slices.Contains(foreign, scope) {
			foreign = append(foreign, scope)
		}
	}
	if len(foreign) > 0 {
		fmt.Fprintf(b, "  resources: [{audience: \"https://api.example.com\", scopes: %s}]\n", literal(foreign))
	}
	for _, scope := range foreign {
		all = append(all, literal(scope))
	}
	return all
}

// translate writes the texts of these flows in the language that the case asks for. Those of other flows would be mistakes here.
func (p *performance) translate(folder string, flows map[string][]byte) error {
	tag := p.scene.Request.Locale
	if tag == "" {
		return nil
	}
	source, err := os.ReadFile(filepath.Join(p.beside, "locales", filepath.Base(tag)+".yaml"))
	if err != nil {
		return fmt.Errorf("read the texts of another language: %w", err)
	}
	var b strings.Builder
	texts, _ := syntax.ParseLocale(tag+".yaml", source)
	for _, entry := range texts.Entries {
		if of, _, _ := strings.Cut(entry.Place.Value, "."); flows[of] != nil || of == "problems" {
			fmt.Fprintf(&b, "%s: %s\n", entry.Place.Value, literal(entry.Text.Value))
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "locales"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "locales", tag+".yaml"), []byte(b.String()), 0o600)
}
