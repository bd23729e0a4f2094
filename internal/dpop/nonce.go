package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"vigil/internal/tenant"
)

// nonceSpan is how long one nonce is offered; it is good for one more span.
const nonceSpan = 150 * time.Second

// Offer puts the present nonce on an answer.
//
// RFC 9449 8, 8.2: DPoP-Nonce on refusals, and on successes so that the next request needs no second try.
func (v *Verifier) Offer(h http.Header, base tenant.Base) {
	h.Set("DPoP-Nonce", v.nonce(base.Environment.ID, v.Now(), 0))
}

// nonce is that of the span in which a time lies, or of one so many spans before it.
func (v *Verifier) nonce(environmentID string, now time.Time, before int64) string {
	key := v.Secret(environmentID, "dpop nonces")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix()/int64(nonceSpan.Seconds())-before)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (v *Verifier) isNonce(environmentID, nonce string, now time.Time) bool {
	present, last := v.nonce(environmentID, now, 0), v.nonce(environmentID, now, 1)
	return hmac.Equal([]byte(nonce), []byte(present)) || hmac.Equal([]byte(nonce), []byte(last))
}
