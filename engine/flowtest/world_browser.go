package flowtest

import (
	"context"
	"fmt"
	"maps"
	"time"

	"vigil/engine/connector"
)

// browser is the one browser of a stage as capabilities may touch it.
type browser struct{ *Stage }

// Marks implements connector.Agent.
func (b browser) Marks() []string { return b.marks }

// Mark implements connector.Agent.
func (b browser) Mark(time.Duration) (string, error) {
	b.registered++
	mark := fmt.Sprintf("mark-%d", b.registered)
	b.marks = append(b.marks[:len(b.marks):len(b.marks)], mark)
	return mark, nil
}

// ChangeSession implements connector.Agent.
func (b browser) ChangeSession(_ context.Context, change connector.SessionChange) (bool, error) {
	if b.live() == nil {
		return false, nil
	}
	changed := *b.session
	if change.IdleTimeout > 0 {
		changed.idle = change.IdleTimeout
	}
	if change.MaxLifetime > 0 {
		changed.most = change.MaxLifetime
	}
	if changed.Properties = maps.Clone(changed.Properties); changed.Properties == nil {
		changed.Properties = map[string]string{}
	}
	maps.Copy(changed.Properties, change.Properties)
	maps.DeleteFunc(changed.Properties, func(_, value string) bool { return value == "" })
	b.session = &changed
	return true, nil
}

// EndSession implements connector.Agent.
func (b browser) EndSession(context.Context) (bool, error) {
	had := b.live() != nil
	b.session = nil
	return had, nil
}
