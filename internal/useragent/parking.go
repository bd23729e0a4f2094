package useragent

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Parking keeps what a POST of another site brought until a GET of ours comes for it. Cookies that are SameSite=Lax stay at home
// on such a POST: answered at once, a sign-off would report success while the session lives.
type Parking struct {
	KV     kv.Store
	Now    func() time.Time
	Random io.Reader
	// Address is where a request comes from, behind trusted proxies. Nil: the budget is everybody's.
	Address func(*http.Request) netip.Addr
	Budget  Budget
}

// parkedFor is how long a form waits for its GET.
const parkedFor = time.Minute

// ParkedParameter names the parked form in the query of the GET.
const ParkedParameter = "parked"

// FromElsewhere reports whether a POST came from another site, so that our cookies did not come with it.
func FromElsewhere(r *http.Request, base tenant.Base) bool {
	if r.Method != http.MethodPost {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "cross-site"
	}
	// An old browser: an Origin that is not ours may be another site's.
	origin := r.Header.Get("Origin")
	return origin != "" && origin != base.Origin
}

// Park keeps the form of a request and gives the address that continues it.
func (p *Parking) Park(r *http.Request, base tenant.Base) (location string, err error) {
	var random [16]byte
	if _, err := io.ReadFull(p.Random, random[:]); err != nil {
		return "", fmt.Errorf("park request: %w", err)
	}
	id := session.NewID(p.Now().Add(parkedFor), random)
	form := base.Origin + base.Prefix + " " + r.Form.Encode()
	from := netip.Addr{}
	if p.Address != nil {
		from = p.Address(r)
	}
	if !p.Budget.Spend(from, len(form), p.Now()) {
		return "", fmt.Errorf("park request: %s parked too much: %w", from, kv.ErrConflict)
	}
	if err := p.KV.Update(r.Context(), func(tx kv.Tx) error { return store.Park(tx, id, form) }); err != nil {
		return "", fmt.Errorf("park request: %w", err)
	}
	return base.URL(r.URL.Path) + "?" + ParkedParameter + "=" + base64.RawURLEncoding.EncodeToString(id[:]), nil
}

// Unpark gives the form that a GET names, once. False: there is none, or it waited too long.
func (p *Parking) Unpark(r *http.Request, base tenant.Base) (form url.Values, ok bool, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get(ParkedParameter))
	if err != nil || len(raw) != session.IDSize || store.Forgotten(session.ID(raw), p.Now().UnixMilli()) {
		return nil, false, nil //nolint:nilerr // what is no identifier names nothing
	}
	var kept string
	err = p.KV.Update(r.Context(), func(tx kv.Tx) (err error) {
		kept, ok, err = store.Unpark(tx, session.ID(raw))
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("unpark request: %w", err)
	}
	at := base.Origin + base.Prefix + " "
	if !ok || len(kept) < len(at) || kept[:len(at)] != at {
		return nil, false, nil
	}
	form, err = url.ParseQuery(kept[len(at):])
	return form, err == nil, nil
}
