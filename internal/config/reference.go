package config

import (
	"fmt"
	"strings"
)

// Reference is the manual's page on the configuration file, as Markdown. It comes from the table that reads the file.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# The configuration file

Generated from the fields that Vigil reads: change them there.

The file is YAML, read strictly: an unknown or repeated key, a value of another type, an address or a duration that cannot be meant, all are
named at once, each with its line and column, before anything listens. ` + "`vigil check --config vigil.yaml`" + ` does only that.

- **Secrets** are written as ` + "`${NAME}`" + `, which stands for the environment variable NAME and has to be the whole value, as ` + "`${file:PATH}`" + ` for a file that
  holds nothing else, or as they are, in quotes. No message and no log shows one.
- **Durations** are numbers with units, ` + "`90s`, `15m`, `8h`, `30d`, `1h30m`" + `, or a number of seconds.
- **Origins** are scheme, host and, if it is not the usual one, port: ` + "`https://sso.example.com`" + `. Plain http is for localhost, *.localhost and
  loopback addresses.
- Anchors, aliases, merge keys and tags are not read.

`)
	section(&b, "The file", file().rows)
	return b.String()
}

// section writes a table of fields, then those of the mappings among them.
func section(b *strings.Builder, title string, rows []row) {
	fmt.Fprintf(b, "## %s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title)
	for _, f := range rows {
		standard := f.standard
		if f.required {
			standard = "**required**"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.key, cell(f.kind), cell(standard), cell(f.doc))
	}
	b.WriteString("\n")
	for _, f := range rows {
		if len(f.rows) > 0 {
			section(b, "`"+f.key+"`", f.rows)
		}
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
