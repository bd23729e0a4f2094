package config

import (
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/internal/tenant"
)

// longestCache is for how long others keep our keys without asking again, and a good while more: discovery documents are kept for an hour.
const longestCache = time.Hour

// keyFields say when signing keys change.
func keyFields() []field[tenant.KeySettings] {
	return []field[tenant.KeySettings]{
		at("rotateEvery", orNever(day), func(k *tenant.KeySettings) *time.Duration { return &k.RotateEvery },
			"how long a key signs before the next one does; 0 for until `vigil keys rotate`").or("90d"),
		at("publishBefore", duration(longestCache), func(k *tenant.KeySettings) *time.Duration { return &k.PublishBefore },
			"how long a key is published before it signs: at least as long as others keep the published keys").or("24h"),
		at("keepFor", duration(day), func(k *tenant.KeySettings) *time.Duration { return &k.KeepFor },
			"how long a key that signs no more is accepted: longer, if a token lives longer; as long as your sessions, so that their ID tokens stay good as hints").or("31d"),
	}
}

// orNever is a duration of at least shortest, or 0.
func orNever(shortest time.Duration) kind[time.Duration] {
	plain := duration(shortest)
	return kind[time.Duration]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (time.Duration, bool) {
		if n.Kind == yaml.ScalarNode && n.Value == "0" {
			return 0, true
		}
		return plain.read(r, n, path)
	}}
}

// checkKeySettings wants a key to sign before its successor is published.
func checkKeySettings(r *reader, n *yaml.Node, path string, k *tenant.KeySettings) {
	if r.sound(path+".rotateEvery", path+".publishBefore") && k.RotateEvery > 0 && k.PublishBefore > k.RotateEvery/2 {
		r.fault(r.at(path+".publishBefore", n), ruleContradiction, "publishBefore is more than half of rotateEvery")
	}
}
