package clientkeys

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/tenant"
)

// KeyManagement lists how things are encrypted to a key of an application.
//
// RFC 7518 4.1; RFC 8725 3.2: RSA1_5 is not on it.
func KeyManagement() []string {
	return []string{"RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"}
}

// ContentEncryption lists what the content may be encrypted with.
//
// RFC 7518 5.1.
func ContentEncryption() []string {
	return []string{"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"}
}

// ErrNoRecipient: an application has no key that something can be encrypted to as it wants. What it wants encrypted is never sent in the clear.
var ErrNoRecipient = errors.New("the application has no key to encrypt to")

// Nested is the content type of a JWT that is encrypted. Claims by themselves have none.
//
// RFC 7519 5.2.
const Nested = "JWT"

// Encrypt makes a compact JWE to a key of an application. Wanted must hold for e. ErrNoRecipient; other errors mean that the keys could not
// be had.
func (k *Keys) Encrypt(ctx context.Context, app *tenant.Application, e tenant.Encryption, content []byte, contentType string) (string, error) {
	options := &jose.EncrypterOptions{}
	if contentType != "" {
		options = options.WithContentType(jose.ContentType(contentType))
	}
	return k.encrypt(ctx, app, e, content, options)
}

// EncryptToken makes a compact JWE of a signed token, with one member more in its header. Errors as those of Encrypt.
func (k *Keys) EncryptToken(ctx context.Context, app *tenant.Application, e tenant.Encryption, token string, header [2]string) (string, error) {
	options := (&jose.EncrypterOptions{}).WithContentType(Nested).WithHeader(jose.HeaderKey(header[0]), header[1])
	return k.encrypt(ctx, app, e, []byte(token), options)
}

func (k *Keys) encrypt(ctx context.Context, app *tenant.Application, e tenant.Encryption, content []byte, options *jose.EncrypterOptions) (string, error) {
	recipient, err := k.recipient(ctx, app, e.Alg)
	if err != nil {
		return "", err
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(e.Alg), Key: recipient.Key, KeyID: recipient.KeyID}
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(e.Content()), to, options)
	if err != nil {
		return "", fmt.Errorf("encrypt to the application: %w", err)
	}
	made, err := encrypter.Encrypt(content)
	if err != nil {
		return "", fmt.Errorf("encrypt to the application: %w", err)
	}
	return made.CompactSerialize()
}

// Ready reports whether something could be encrypted now, so that nobody does in vain what leads there. Nil: it could. The errors are those of Encrypt.
func (k *Keys) Ready(ctx context.Context, app *tenant.Application, e tenant.Encryption) error {
	if !e.Wanted() {
		return nil
	}
	_, err := k.recipient(ctx, app, e.Alg)
	return err
}

// recipient finds the key of an application for an algorithm.
func (k *Keys) recipient(ctx context.Context, app *tenant.Application, alg string) (*jose.JSONWebKey, error) {
	set, fetched, err := k.setOf(ctx, app)
	if err != nil {
		return nil, err
	}
	found := Recipient(set, alg)
	if found == nil && fetched != nil {
		// The application may have taken a new key into use.
		if set, err = k.refetch(ctx, fetched, app.JWKSURL, again); err != nil {
			return nil, err
		}
		found = Recipient(set, alg)
	}
	if found == nil {
		return nil, fmt.Errorf("%w with %s", ErrNoRecipient, alg)
	}
	return found, nil
}

// Recipient chooses the key of a set that an algorithm is for: one that says so before one that leaves it open. Nil: there is none.
//
// OIDC Core 10.2: by use and alg; the key id goes into the header.
func Recipient(set *jose.JSONWebKeySet, alg string) *jose.JSONWebKey {
	fitting := func(key *jose.JSONWebKey) bool {
		return (key.Use == "" || key.Use == "enc") && (key.Algorithm == "" || key.Algorithm == alg) && opens(key.Key) && strings.HasPrefix(alg, family(key.Key))
	}
	var found *jose.JSONWebKey
	for i := range set.Keys {
		key := &set.Keys[i]
		if fitting(key) && (found == nil || score(key) > score(found)) {
			found = key
		}
	}
	return found
}

// score is how plainly a key says what it is for.
func score(key *jose.JSONWebKey) (n int) {
	if key.Use == "enc" {
		n += 2
	}
	if key.Algorithm != "" {
		n++
	}
	return n
}

// opens reports whether a public key is of a kind and size that things are encrypted to.
func opens(key any) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return slices.Contains([]string{"P-256", "P-384", "P-521"}, k.Curve.Params().Name)
	case *rsa.PublicKey:
		return Strong(k)
	}
	return false
}

// family is what the algorithms for a kind of key begin with.
func family(key any) string {
	if _, ok := key.(*rsa.PublicKey); ok {
		return "RSA-"
	}
	return "ECDH-"
}

// Signs reports whether signatures can be verified with some key of a set.
func Signs(set *jose.JSONWebKeySet) bool {
	return slices.ContainsFunc(set.Keys, func(key jose.JSONWebKey) bool { return signs(&key) })
}

func signs(key *jose.JSONWebKey) bool {
	return (key.Use == "" || key.Use == "sig") && Strong(key.Key)
}
