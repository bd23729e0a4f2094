package flows

import "embed"

// Files are the flows (name.yaml), their tests (name.test.yaml) and their texts in other languages (locales/de.yaml).
//
//go:embed *.yaml locales/*.yaml
var Files embed.FS
