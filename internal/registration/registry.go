package registration

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// maxKnown is how many applications are kept ready.
const maxKnown = 1024

// known keeps applications ready, each beside the record that it was made of.
type known struct {
	once  sync.Once
	apps  *lru.Cache[string, ready]
	fault error
}

// ready is an application made of a record. Nil: today's rules refuse the record.
type ready struct {
	record []byte
	app    *tenant.Application
}

func (k *known) cache() (*lru.Cache[string, ready], error) {
	k.once.Do(func() { k.apps, k.fault = lru.New[string, ready](maxKnown) })
	return k.apps, k.fault
}

// Application implements tenant.Registry. The record is read every time: what another process changed is never overlooked.
func (d *Directory) Application(environmentID, id string) *tenant.Application {
	if !clientID.MatchString(id) {
		return nil
	}
	app, err := d.application(environmentID, id)
	if err != nil {
		d.Log.Error("registered client not read", "environment", environmentID, "client", id, "error", err)
	}
	return app
}

func (d *Directory) application(environmentID, id string) (*tenant.Application, error) {
	cache, err := d.known.cache()
	if err != nil {
		return nil, fmt.Errorf("make cache of registered clients: %w", err)
	}
	key := string(clientKey(environmentID, id))
	kept, hit := cache.Get(key)
	var record []byte
	same := false
	err = d.Store.View(context.Background(), func(r kv.Reader) error {
		value, err := r.Get(schema.Registered, []byte(key))
		if same = hit && value != nil && bytes.Equal(value, kept.record); !same {
			record = bytes.Clone(value)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case same:
		return kept.app, nil
	case record == nil:
		cache.Remove(key)
		return nil, nil
	}
	app, err := d.made(environmentID, id, record)
	cache.Add(key, ready{record, app})
	return app, err
}

// made makes the application of a record.
func (d *Directory) made(environmentID, id string, record []byte) (*tenant.Application, error) {
	c, err := decodeClient(environmentID, id, record)
	if err != nil {
		return nil, err
	}
	environment := d.Tenants.Environment(environmentID)
	if environment == nil || environment.Registration == nil {
		return nil, nil
	}
	app, fault := c.Metadata.application(d.identity(environment, c))
	if fault != nil {
		return nil, fault
	}
	if d.Secret == nil {
		app.ClientSecrets = nil
	}
	environment.Adopt(app)
	return app, nil
}

// AllowsOrigin implements tenant.Registry.
func (d *Directory) AllowsOrigin(environmentID, origin string) bool {
	return d.anyone(environmentID, foundBy(byOrigin, origin))
}

// AllowsPostLogoutRedirect implements tenant.Registry.
func (d *Directory) AllowsPostLogoutRedirect(environmentID, uri string) bool {
	return d.anyone(environmentID, foundBy(byPostLogout, uri))
}

// anyone reports whether somebody is found by an entry of the index.
func (d *Directory) anyone(environmentID string, digest []byte) bool {
	from := entryKey(environmentID, digest, "")
	found := false
	err := d.Store.View(context.Background(), func(r kv.Reader) error {
		// Ids are ASCII: none begins with 0xff.
		list, err := r.Scan(schema.RegisteredBy, from, append(bytes.Clone(from), 0xff), 1)
		found = len(list) > 0
		return err
	})
	if err != nil {
		d.Log.Error("registered clients not read", "environment", environmentID, "error", err)
	}
	return found && err == nil
}
