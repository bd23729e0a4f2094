// Package config reads the configuration file: strictly, all mistakes in one run, each with its file, line, column and what was expected.
//
// It owns the tables of documented fields, which drive the reader and the manual's reference alike, the rules of registration
// (redirect URIs, origins, secrets), and the values that the server is built from. Secrets come from the environment as ${NAME};
// none is ever part of a diagnostic, and Masked hides them in source lines.
//
// It opens no store, listens nowhere and does not load flows: whoever does asks CheckFlows whether the named ones exist.
// Neighbours: engine/diag carries the diagnostics, internal/tenant is what comes out, vigil/iframe judges origins.
package config
