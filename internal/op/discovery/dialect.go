package discovery

import (
	"net/http"

	"vigil/internal/tenant"
)

// Metadata serves the document of base where a dialect has it.
func (e *Endpoint) Metadata(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	return e.serveMetadata(w, r, base)
}
