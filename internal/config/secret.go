package config

import (
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reference is the whole of a secret that stands in an environment variable.
var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// secretFile is the whole of a secret that stands in a file.
var secretFile = regexp.MustCompile(`^\$\{file:([^{}]+)\}$`)

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 64 << 10

// What secrets are called; nothing of these kinds is ever shown.
const (
	secretName  = "a secret"
	secretsName = "a list of secrets"
)

// secret reads a text that no output ever shows: itself, ${NAME} for the environment variable NAME, or ${file:PATH} for a file.
func secret() kind[string] {
	const name = secretName
	return kind[string]{name: name, read: func(r *reader, n *yaml.Node, _ string) (string, bool) {
		r.hidden = append(r.hidden, n)
		const hint = "write ${NAME} to read the environment variable NAME, ${file:PATH} to read a file, or the secret in quotes"
		switch {
		case n.Kind != yaml.ScalarNode:
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n)).Hint = hint
			return "", false
		case n.ShortTag() != "!!str":
			r.fault(n, ruleType, "wanted %s, got a value that is not a text", name).Hint = hint
			return "", false
		case n.Value == "":
			r.fault(n, ruleSecret, "wanted %s, got an empty text", name).Hint = hint
			return "", false
		}
		if !strings.Contains(n.Value, "${") {
			return n.Value, true
		}
		return r.variable(n)
	}}
}

func (r *reader) variable(n *yaml.Node) (string, bool) {
	if match := secretFile.FindStringSubmatch(n.Value); match != nil {
		return r.secretFile(n, match[1])
	}
	match := reference.FindStringSubmatch(n.Value)
	if match == nil {
		r.fault(n, ruleSecret, "${NAME} has to be the whole of a secret").Hint = "put the whole secret into one environment variable"
		return "", false
	}
	if r.env == nil {
		return "", true
	}
	value, set := r.env(match[1])
	switch {
	case !set:
		r.fault(n, ruleSecret, "the environment variable %s is not set", match[1]).Hint = "set it before starting, for example from the service's EnvironmentFile"
	case value == "":
		r.fault(n, ruleSecret, "the environment variable %s is empty", match[1])
	}
	return value, value != ""
}

// secretFile reads a secret that the service manager or the cluster put into a file. The line break at its end is none of it.
func (r *reader) secretFile(n *yaml.Node, path string) (string, bool) {
	if r.env == nil {
		return "", true
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	file, err := os.Open(path)
	if err != nil {
		r.fault(n, ruleSecret, "the file of this secret, %s, cannot be read: %s", shown(path), reasonOf(err)).Hint = "is it there, and may this user read it?"
		return "", false
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	value := strings.TrimRight(string(content), "\r\n")
	switch {
	case err != nil || len(content) > maxSecret:
		r.fault(n, ruleSecret, "the file of this secret, %s, cannot be read, or is larger than %d bytes", shown(path), maxSecret)
		return "", false
	case value == "":
		r.fault(n, ruleSecret, "the file of this secret, %s, is empty", shown(path))
	}
	return value, value != ""
}

// secrets reads a list of them.
func secrets() kind[[]string] {
	many := list(secretsName, secret())
	return kind[[]string]{name: many.name, read: func(r *reader, n *yaml.Node, path string) ([]string, bool) {
		r.hidden = append(r.hidden, n)
		if n.Kind == yaml.ScalarNode {
			r.fault(n, ruleType, "wanted %s, got one value", many.name).Hint = "clientSecret takes a single one"
			return nil, false
		}
		return many.read(r, n, path)
	}}
}

const keySize = 32 // bytes of a key encryption key

func keyEncryptionKey() kind[[]byte] {
	plain := secret()
	return kind[[]byte]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) ([]byte, bool) {
		v, ok := plain.read(r, n, path)
		if !ok || v == "" {
			return nil, ok
		}
		key, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(v, "="))
		if err != nil || len(key) != keySize {
			r.fault(n, ruleSecret, "the key is not base64url of %d bytes", keySize).Hint = "make one with: openssl rand -base64 32 | tr '+/' '-_'"
			return nil, false
		}
		return key, true
	}}
}
