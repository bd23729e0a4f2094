package tenant

import "time"

// KeySettings of an environment say when its signing keys change.
type KeySettings struct {
	// RotateEvery is how long a key signs. Zero: until an operator rotates.
	RotateEvery time.Duration
	// PublishBefore is how long a key is published before it signs. Zero: a day.
	PublishBefore time.Duration
	// KeepFor is how long a key that signs no more is accepted, at least. Zero: 31 days.
	KeepFor time.Duration
}
