package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves metadata and keys. Make it with New.
type Endpoint struct {
	keys      *keys.Set
	supported Supported
	documents sync.Map // issuer -> document; as many as there are hosts
}

// document is an encoded answer with its entity tag.
type document struct {
	body []byte
	etag string
}

// New makes the endpoint of what a server supports.
func New(set *keys.Set, supported Supported) *Endpoint {
	return &Endpoint{keys: set, supported: supported}
}

// Mount registers the metadata in every place where clients look, and the keys.
func (e *Endpoint) Mount(r *web.Router) {
	// OIDC Discovery 4: behind the issuer.
	r.Read("/as/.well-known/openid-configuration", e.serveMetadata)
	r.Read("/as/.well-known/oauth-authorization-server", e.serveMetadata)
	// RFC 8414 3.1, 5: between host and path of the issuer.
	r.Read("/.well-known/oauth-authorization-server/as", e.serveMetadata)
	r.Read("/.well-known/openid-configuration/as", e.serveMetadata)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		r.Read(path, nameIssuer)
	}
	r.Read(e.supported.JWKS, e.serveKeys)
}

// How long caches may answer. Keys are published before they sign, so an hour-old set still verifies everything.
const (
	metadataCaching = "public, max-age=3600"
	keysCaching     = "public, max-age=900"
)

func (e *Endpoint) serveMetadata(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	issuer := base.Issuer()
	found, ok := e.documents.Load(issuer)
	if !ok {
		body, err := json.Marshal(e.supported.document(base))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		found, _ = e.documents.LoadOrStore(issuer, document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`})
	}
	return respond(w, r, found.(document), metadataCaching) //nolint:forcetypeassert // the map holds nothing else
}

// nameIssuer answers whoever took the host for the issuer.
func nameIssuer(_ http.ResponseWriter, _ *http.Request, base tenant.Base) error {
	return oidc.NewError("not_found", "the issuer is "+base.Issuer()).WithStatus(http.StatusNotFound)
}

func (e *Endpoint) serveKeys(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	body, etag := e.keys.Ring(base.Environment.ID).JWKS()
	return respond(w, r, document{body, etag}, keysCaching)
}

// respond answers with a document, or with 304 if the client has it.
func respond(w http.ResponseWriter, r *http.Request, d document, caching string) error {
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("ETag", d.etag)
	// RFC 9110 13.1.2.
	for _, have := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if have = strings.TrimPrefix(strings.TrimSpace(have), "W/"); have == d.etag || have == "*" {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	// OIDC Discovery 4.2; RFC 7517 8.5.1 leaves application/json for JWK sets, which every client reads.
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(d.body)
	return err
}
