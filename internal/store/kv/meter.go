package kv

import "fmt"

// Meter counts what one run of a closure writes and refuses what is beyond the limits. The zero Meter has counted nothing.
// The first refusal stays: an engine returns it from Update even when the closure swallowed it.
type Meter struct {
	writes, bytes int
	refused       error
}

// Put counts a Put. It returns ErrTooLarge, or an error when b is a Log.
func (m *Meter) Put(b Bucket, key, value []byte) error {
	return m.count(b, checkKeyed(b), checkKey(b, key), checkValue(b, value), len(key)+len(value))
}

// Delete counts a Delete. It returns ErrTooLarge, or an error when b is a Log.
func (m *Meter) Delete(b Bucket, key []byte) error {
	return m.count(b, checkKeyed(b), checkKey(b, key), nil, len(key))
}

// Append counts an Append. It returns ErrTooLarge, or an error when b is no Log.
func (m *Meter) Append(b Bucket, value []byte) error {
	return m.count(b, checkLog(b), nil, checkValue(b, value), len(value))
}

// Refuse keeps an error of the engine's own, such as an unknown bucket, as if the Meter had refused the write.
func (m *Meter) Refuse(err error) error {
	if m.refused == nil {
		m.refused = err
	}
	return err
}

// Bytes returns the keys and values counted so far.
func (m *Meter) Bytes() int { return m.bytes }

// Err returns the first refusal, nil when there was none.
func (m *Meter) Err() error { return m.refused }

func (m *Meter) count(b Bucket, kind, key, value error, bytes int) error {
	for _, err := range [...]error{kind, key, value} {
		if err != nil {
			return m.Refuse(err)
		}
	}
	m.writes++
	m.bytes += bytes
	if m.writes > MaxWrites {
		return m.Refuse(fmt.Errorf("bucket %q: more than %d writes: %w", b.Name, MaxWrites, ErrTooLarge))
	}
	if m.bytes > MaxUpdate {
		return m.Refuse(fmt.Errorf("bucket %q: more than %d bytes of writes: %w", b.Name, MaxUpdate, ErrTooLarge))
	}
	return nil
}

// CheckGet checks the arguments of Get and GetMany. It returns ErrTooLarge, or an error when b is a Log.
func CheckGet(b Bucket, keys ...[]byte) error {
	if err := checkKeyed(b); err != nil {
		return err
	}
	if len(keys) > MaxKeys {
		return fmt.Errorf("bucket %q: %d keys: %w", b.Name, len(keys), ErrTooLarge)
	}
	for _, key := range keys {
		if err := checkKey(b, key); err != nil {
			return err
		}
	}
	return nil
}

// CheckScan checks the arguments of Scan. It returns ErrTooLarge, or an error when b is a Log.
func CheckScan(b Bucket, limit int) error {
	if err := checkKeyed(b); err != nil {
		return err
	}
	return checkLimit(b, limit)
}

// CheckTail checks the arguments of Tail. It returns ErrTooLarge, or an error when b is no Log.
func CheckTail(b Bucket, limit int) error {
	if err := checkLog(b); err != nil {
		return err
	}
	return checkLimit(b, limit)
}

// CheckPrune checks the arguments of Prune. It returns ErrTooLarge.
func CheckPrune(b Bucket, limit int) error { return checkLimit(b, limit) }

func checkKeyed(b Bucket) error {
	if b.Kind == Log {
		return fmt.Errorf("bucket %q is a log: only Append, Tail and Prune", b.Name)
	}
	return nil
}

func checkLog(b Bucket) error {
	if b.Kind != Log {
		return fmt.Errorf("bucket %q is no log", b.Name)
	}
	return nil
}

func checkKey(b Bucket, key []byte) error {
	if len(key) < 1 || len(key) > MaxKey {
		return fmt.Errorf("bucket %q: key of %d bytes: %w", b.Name, len(key), ErrTooLarge)
	}
	return nil
}

func checkValue(b Bucket, value []byte) error {
	if len(value) > MaxValue {
		return fmt.Errorf("bucket %q: value of %d bytes: %w", b.Name, len(value), ErrTooLarge)
	}
	return nil
}

func checkLimit(b Bucket, limit int) error {
	if limit < 1 || limit > MaxKeys {
		return fmt.Errorf("bucket %q: limit of %d: %w", b.Name, limit, ErrTooLarge)
	}
	return nil
}
