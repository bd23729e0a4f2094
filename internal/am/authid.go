package am

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// authID names one step of a run to the client. Nobody else can make one, and the next step has another.
func (e *Endpoint) authID(base tenant.Base, run *store.Run) string {
	return e.sign(base, flowhost.SpellRun(run.ID)+"."+strconv.Itoa(run.Version))
}

// readAuthID gives the run and its version. False: it is none of this realm's.
func (e *Endpoint) readAuthID(base tenant.Base, authID string) (name string, version int, ok bool) {
	cut := strings.LastIndexByte(authID, '.')
	if cut < 0 || !hmac.Equal([]byte(e.sign(base, authID[:cut])), []byte(authID)) {
		return "", 0, false
	}
	name, number, _ := strings.Cut(authID[:cut], ".")
	version, err := strconv.Atoi(number)
	return name, version, err == nil
}

func (e *Endpoint) sign(base tenant.Base, text string) string {
	key := e.Secret(base.Environment.ID, "authentication ids")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(base.Issuer() + " " + text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
