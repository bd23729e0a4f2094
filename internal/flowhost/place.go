package flowhost

import (
	"fmt"
	"net/http"

	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// PlaceOf is base, seen through the realm in which the run of a request's flowId began if that realm has sessions of its own: the addresses of
// pages spell no realm. Whether the browser holds the run is for FindRun to say.
func (h *Host) PlaceOf(r *http.Request, base tenant.Base) (tenant.Base, error) {
	if len(base.Environment.Scopes()) == 0 {
		return base, nil
	}
	id, ok := named(r)
	if !ok {
		return base, nil
	}
	var found *store.Run
	err := h.KV.View(r.Context(), func(reader kv.Reader) (err error) {
		found, err = store.FindRun(reader, id)
		return err
	})
	if err != nil {
		return base, fmt.Errorf("read run: %w", err)
	}
	if found == nil || found.Realm == "" || found.EnvironmentID != base.Environment.ID {
		return base, nil
	}
	return base.InRealm(base.Environment.Realm(found.Realm)), nil
}
