package authorize

import (
	"vigil/internal/dpop"
	"vigil/internal/oidc"
)

// bind ties the code of a pushed request to the key that the request proves to have.
//
// RFC 9449 10.1: a DPoP header is as good as dpop_jkt, and where both are there they agree.
func (e *Endpoint) bind(x *exchange) *oidc.Error {
	q := dpop.RequestOf(x.r, x.base, x.r.URL.Path)
	if len(q.Proofs) == 0 {
		return nil
	}
	e.Proofs.Offer(x.w.Header(), x.base)
	q.NonceRequired = x.app.DPoPNonceRequired
	thumbprint, fault := e.Proofs.Check(x.r.Context(), x.base, q)
	if fault != nil {
		return fault
	}
	if x.request.KeyThumbprint != "" && x.request.KeyThumbprint != thumbprint {
		return oidc.NewError(oidc.CodeInvalidDPoPProof, "dpop_jkt names another key than the proof")
	}
	x.request.KeyThumbprint = thumbprint
	return nil
}
