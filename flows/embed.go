package flows

import "embed"

// Files are the flows (name.yaml) and their tests (name.test.yaml).
//
//go:embed *.yaml
var Files embed.FS
