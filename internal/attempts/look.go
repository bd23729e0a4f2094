package attempts

import (
	"context"
	"net/netip"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// FailuresFrom gives how many wrong guesses came from an address within the window of its policy, whoever they were about. While the address is
// locked it gives the policy's limit.
func (c *Counter) FailuresFrom(ctx context.Context, environment string, from netip.Addr) (int, error) {
	if c.c.Address.Limit == 0 || !from.IsValid() {
		return 0, nil
	}
	now, count := c.c.Now().UnixMilli(), 0
	err := c.c.Store.View(ctx, func(r kv.Reader) error {
		values, err := r.GetMany(schema.Attempt, addressSubject(environment, from).keys(now))
		if err != nil {
			return err
		}
		t, err := newest(values)
		if err != nil {
			return err
		}
		t.advance(now, c.c.Address)
		count = len(t.failures)
		if t.until > now {
			count = c.c.Address.Limit
		}
		return nil
	})
	return count, err
}
