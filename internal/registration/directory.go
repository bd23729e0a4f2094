package registration

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"vigil/internal/outbound"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Directory keeps the registered applications of all environments. All fields are required, but for the processes named at them.
type Directory struct {
	Store   kv.Store
	Tenants *tenant.Tenants
	// Secret is a secret of an environment for one purpose. Nil: this process authenticates nobody, and no application has a secret.
	Secret func(environmentID, purpose string) [32]byte
	// AuthMethods are the ways in which clients may prove themselves here. Nil: this process registers nobody.
	AuthMethods []string
	// CertificateBound: tokens can be bound to certificates here.
	CertificateBound bool
	// Client fetches sector identifiers. Nil: this process registers nobody.
	Client *outbound.Client
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger

	known known
}

// Registered is what a client is told of itself.
type Registered struct {
	*Client
	// Secret is the client's. Empty: it needs none.
	Secret string
	// Token is the registration access token: the one that was brought, or a new one.
	Token string
}

// Errors of registrations.
var (
	// ErrFull: the environment has as many applications as it may have.
	ErrFull = errors.New("no more applications can register")
	// ErrBusy: too many came, or one changed too often, within an hour.
	ErrBusy = errors.New("too many registrations within an hour")
)

// changesPerHour is how often one application may change its registration.
const changesPerHour = 60

// Register adds an application. *oidc.Error; ErrToken, ErrFull, ErrBusy.
func (d *Directory) Register(ctx context.Context, environment *tenant.Environment, token string, body []byte) (*Registered, error) {
	now := d.Now()
	// Whoever has no token makes us neither think nor fetch.
	err := d.Store.View(ctx, func(r kv.Reader) error {
		_, err := admit(r, environment.ID, token, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	metadata, fault := Parse(body)
	if fault != nil {
		return nil, fault
	}
	c := &Client{EnvironmentID: environment.ID, IssuedAt: now, Since: now, Salt: make([]byte, 16)}
	var id [16]byte
	for _, b := range [][]byte{id[:], c.Salt} {
		if _, err := io.ReadFull(d.Random, b); err != nil {
			return nil, fmt.Errorf("draw client id: %w", err)
		}
	}
	c.ID = nameOf(id)
	own, err := secret(d.Random)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(own))
	c.TokenDigest = digest[:]
	if err := d.take(ctx, environment, c, metadata); err != nil {
		return nil, err
	}
	limits := *environment.Registration
	err = d.Store.Update(ctx, func(tx kv.Tx) error { return add(tx, *c, token, limits) })
	if err != nil {
		return nil, err
	}
	return &Registered{Client: c, Secret: d.shownSecret(c), Token: own}, nil
}

// add writes a new record, if there is room for it.
func add(tx kv.Tx, c Client, token string, limits tenant.Registration) error {
	through, err := admit(tx, c.EnvironmentID, token, c.IssuedAt)
	if err != nil {
		return err
	}
	t, err := readTally(tx, c.EnvironmentID)
	if err != nil {
		return err
	}
	within(&t.Since, &t.Lately, c.IssuedAt)
	switch {
	case t.Clients >= limits.Limit:
		return ErrFull
	case t.Lately >= limits.PerHour:
		return ErrBusy
	}
	t.Clients, t.Lately = t.Clients+1, t.Lately+1
	if err := through.spend(tx, c.EnvironmentID); err != nil {
		return err
	}
	if err := t.put(tx, c.EnvironmentID); err != nil {
		return err
	}
	c.Through = through.Name
	return c.put(tx, nil)
}

// take judges metadata and gives it to a record.
func (d *Directory) take(ctx context.Context, environment *tenant.Environment, c *Client, m Metadata) error {
	if fault := m.limit(environment.Registration); fault != nil {
		return fault
	}
	switch {
	case !slices.Contains(d.AuthMethods, m.text("token_endpoint_auth_method")):
		return invalid("token_endpoint_auth_method is not supported")
	case m.flag("tls_client_certificate_bound_access_tokens") && !d.CertificateBound:
		return invalid("tls_client_certificate_bound_access_tokens is not supported")
	}
	if fault := m.judge(d.hosts()); fault != nil {
		return fault
	}
	app, fault := m.application(d.identity(environment, c))
	if fault != nil {
		return fault
	}
	if address := m.text("sector_identifier_uri"); address != "" {
		// Each fetch counts, also for what is then refused: nobody lets us call somebody again and again.
		if err := d.count(ctx, environment); err != nil {
			return err
		}
		document, err := d.Client.Get(ctx, address, "application/json", maxSector)
		if err != nil {
			return invalid("sector_identifier_uri cannot be fetched").WithDetail(err.Error())
		}
		if fault := m.sector(document); fault != nil {
			return fault
		}
	}
	c.Metadata, c.ChangedAt, c.Found = m, d.Now(), entries(app)
	return nil
}

// count notes one more call for an environment's registrations. ErrBusy.
func (d *Directory) count(ctx context.Context, environment *tenant.Environment) error {
	now, most := d.Now(), environment.Registration.PerHour
	return d.Store.Update(ctx, func(tx kv.Tx) error {
		t, err := readTally(tx, environment.ID)
		if err != nil {
			return err
		}
		within(&t.Since, &t.Lately, now)
		if t.Lately >= most {
			return ErrBusy
		}
		t.Lately++
		return t.put(tx, environment.ID)
	})
}

// maxSector bounds the document of a sector identifier.
const maxSector = 64 << 10 // bytes

// identity is what an application has beside its metadata.
func (d *Directory) identity(environment *tenant.Environment, c *Client) identity {
	return identity{clientID: c.ID, secret: d.secretOf(c), consent: environment.Registration.Consent, hosts: d.hosts()}
}

// hosts are the server's own origins.
func (d *Directory) hosts() []string {
	own := slices.Clone(d.Tenants.Shared)
	for _, e := range d.Tenants.Environments {
		own = append(own, e.Hosts...)
		if e.CertificateHost != "" {
			own = append(own, e.CertificateHost)
		}
	}
	return own
}

// isLocal reports whether this server is itself on the machine that an address means: then it is there for development.
func isLocal(hosts []string) bool {
	return slices.ContainsFunc(hosts, func(origin string) bool {
		u, err := url.Parse(origin)
		return err == nil && outbound.IsLocal(u.Hostname())
	})
}

// secretOf derives the secret of a client: nothing that is stored tells it.
func (d *Directory) secretOf(c *Client) string {
	if d.Secret == nil {
		return nobodysSecret
	}
	key := d.Secret(c.EnvironmentID, "secrets of registered clients")
	mac := hmac.New(sha512.New, key[:])
	mac.Write([]byte(c.ID))
	mac.Write(c.Salt)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// nobodysSecret stands for a secret where rules want one and nobody is authenticated.
const nobodysSecret = "nobody is authenticated by this, for the process has no keys"

// shownSecret is the secret that a client is told. Empty: it proves itself otherwise.
func (d *Directory) shownSecret(c *Client) string {
	switch c.Metadata.text("token_endpoint_auth_method") {
	case "client_secret_basic", "client_secret_post", "client_secret_jwt":
		return d.secretOf(c)
	}
	return ""
}

// find reads the record that a token belongs to. ErrToken: there is no such application, or the token is another's.
//
// RFC 7592 2.1: 401 in either case.
func find(r kv.Reader, environmentID, id, token string) (*Client, error) {
	if !clientID.MatchString(id) {
		return nil, ErrToken
	}
	c, err := readClient(r, environmentID, id)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		c = &Client{TokenDigest: make([]byte, sha256.Size)} // no token has this digest
	}
	if !c.holds(token) || c.ID == "" {
		return nil, ErrToken
	}
	return c, nil
}

// Read tells a client what is registered of it. ErrToken.
func (d *Directory) Read(ctx context.Context, environmentID, id, token string) (*Registered, error) {
	var c *Client
	err := d.Store.View(ctx, func(r kv.Reader) (err error) {
		c, err = find(r, environmentID, id, token)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Registered{Client: c, Secret: d.shownSecret(c), Token: token}, nil
}

// Replace changes a registration as a whole. *oidc.Error; ErrToken, ErrBusy.
//
// RFC 7592 2.2: what is left out is as if it had never been registered.
func (d *Directory) Replace(ctx context.Context, environment *tenant.Environment, id, token string, body []byte) (*Registered, error) {
	before, err := d.Read(ctx, environment.ID, id, token)
	if err != nil {
		return nil, err
	}
	if fault := d.checkOwn(before.Client, body); fault != nil {
		return nil, fault
	}
	metadata, fault := Parse(body)
	if fault != nil {
		return nil, fault
	}
	changed := *before.Client
	if err := d.take(ctx, environment, &changed, metadata); err != nil {
		return nil, err
	}
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		current, err := find(tx, environment.ID, id, token)
		if err != nil {
			return err
		}
		next := *current
		next.Metadata, next.Found, next.ChangedAt = changed.Metadata, changed.Found, changed.ChangedAt
		within(&next.Since, &next.Changes, changed.ChangedAt)
		if next.Changes++; next.Changes > changesPerHour {
			return ErrBusy
		}
		return next.put(tx, current.Found)
	})
	if err != nil {
		return nil, err
	}
	return &Registered{Client: &changed, Secret: d.shownSecret(&changed), Token: token}, nil
}

// Delete takes an application out of service, with its token: whatever it was given is worth nothing from then on, for nobody of its name
// is known any more, and no other will ever bear it. ErrToken.
//
// RFC 7592 2.3.
func (d *Directory) Delete(ctx context.Context, environmentID, id, token string) error {
	return d.Store.Update(ctx, func(tx kv.Tx) error {
		c, err := find(tx, environmentID, id, token)
		if err != nil {
			return err
		}
		return drop(tx, c)
	})
}

func drop(tx kv.Tx, c *Client) error {
	t, err := readTally(tx, c.EnvironmentID)
	if err != nil {
		return err
	}
	t.Clients = max(t.Clients-1, 0)
	if err := t.put(tx, c.EnvironmentID); err != nil {
		return err
	}
	return c.remove(tx)
}
