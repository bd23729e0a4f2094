package registration

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"vigil/iframe"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// Client is the record of an application that registered itself.
type Client struct {
	EnvironmentID string    `json:"-"`
	ID            string    `json:"-"`
	IssuedAt      time.Time `json:"issuedAt"`
	ChangedAt     time.Time `json:"changedAt"`
	// Through is the name of the initial access token that it came with.
	Through string `json:"through,omitempty"`
	// TokenDigest is SHA-256 of the token that may read, change and delete this record.
	TokenDigest []byte `json:"tokenDigest"`
	// Salt is what the client's secret is derived with.
	Salt     []byte   `json:"salt"`
	Metadata Metadata `json:"metadata"`
	// Found are digests of origins and addresses: the entries of the index that this record owns.
	Found [][]byte `json:"found,omitempty"`
	// Changes were made since the hour Since began.
	Since   time.Time `json:"since"`
	Changes int       `json:"changes"`
}

// clientID is what such applications are called: 128 random bits.
var clientID = regexp.MustCompile(`^dyn-[A-Za-z0-9_-]{22}$`)

func nameOf(random [16]byte) string { return "dyn-" + base64.RawURLEncoding.EncodeToString(random[:]) }

// Name is what the client calls itself. Empty: it has no name.
func (c *Client) Name() string { return c.Metadata.text("client_name") }

// holds compares a token with the record's in constant time.
func (c *Client) holds(token string) bool {
	digest := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(digest[:], c.TokenDigest) == 1
}

func clientKey(environmentID, id string) []byte {
	return append(append(append(make([]byte, 0, len(environmentID)+1+len(id)), environmentID...), 0), id...)
}

func decodeClient(environmentID, id string, value []byte) (*Client, error) {
	c := &Client{EnvironmentID: environmentID, ID: id}
	if err := json.Unmarshal(value, c); err != nil {
		return nil, fmt.Errorf("decode registered client: %w", err)
	}
	return c, nil
}

// readClient gives a record. Nil: there is none.
func readClient(r kv.Reader, environmentID, id string) (*Client, error) {
	value, err := r.Get(schema.Registered, clientKey(environmentID, id))
	if err != nil || value == nil {
		return nil, err
	}
	return decodeClient(environmentID, id, value)
}

// digestSize is that of an entry of the index.
const digestSize = 16

// What an entry of the index is about.
const (
	byOrigin     = "origin"
	byPostLogout = "post-logout"
)

func foundBy(what, value string) []byte {
	sum := sha256.Sum256([]byte(what + "\x00" + value))
	return sum[:digestSize]
}

// entries are what an application is found by.
func entries(app *tenant.Application) [][]byte {
	var found [][]byte
	for _, address := range append(slices.Clone(app.RedirectURIs), app.ClientSessionURI) {
		if origin, err := iframe.Origin(address); err == nil {
			found = append(found, foundBy(byOrigin, origin))
		}
	}
	for _, address := range app.PostLogoutRedirectURIs {
		found = append(found, foundBy(byPostLogout, address))
	}
	return found
}

func entryKey(environmentID string, digest []byte, id string) []byte {
	return append(append(clientKey(environmentID, ""), digest...), id...)
}

// put writes a record and the entries that it owns; old are those that it owned.
func (c *Client) put(tx kv.Tx, old [][]byte) error {
	for _, digest := range old {
		if err := tx.Delete(schema.RegisteredBy, entryKey(c.EnvironmentID, digest, c.ID)); err != nil {
			return err
		}
	}
	for _, digest := range c.Found {
		if err := tx.Put(schema.RegisteredBy, entryKey(c.EnvironmentID, digest, c.ID), nil); err != nil {
			return err
		}
	}
	value, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode registered client: %w", err)
	}
	return tx.Put(schema.Registered, clientKey(c.EnvironmentID, c.ID), value)
}

// remove deletes a record with its entries.
func (c *Client) remove(tx kv.Tx) error {
	for _, digest := range c.Found {
		if err := tx.Delete(schema.RegisteredBy, entryKey(c.EnvironmentID, digest, c.ID)); err != nil {
			return err
		}
	}
	return tx.Delete(schema.Registered, clientKey(c.EnvironmentID, c.ID))
}

// hour is the time over which registrations and changes are counted.
const hour = time.Hour

// tally counts the applications of an environment.
type tally struct {
	Clients int       `json:"clients"`
	Since   time.Time `json:"since"` // when the hour began that Lately counts
	Lately  int       `json:"lately"`
}

func readTally(r kv.Reader, environmentID string) (t tally, err error) {
	value, err := r.Get(schema.Registered, clientKey(environmentID, ""))
	if err != nil || value == nil {
		return t, err
	}
	if err := json.Unmarshal(value, &t); err != nil {
		return t, fmt.Errorf("decode count of registered clients: %w", err)
	}
	return t, nil
}

func (t tally) put(tx kv.Tx, environmentID string) error {
	value, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode count of registered clients: %w", err)
	}
	return tx.Put(schema.Registered, clientKey(environmentID, ""), value)
}

// within begins a new hour when the last one is over.
func within(since *time.Time, count *int, now time.Time) {
	if now.Sub(*since) >= hour {
		*since, *count = now, 0
	}
}
