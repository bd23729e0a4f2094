package flowhost

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// A page of an application cannot lead to another provider by itself: what the provider answers comes to an address of ours, and only the browser
// that left may bring it. So the page sends the browser to leavePath, which ties the trip to it; from there it goes to the provider, back to
// callbackPath, and on to the page, with a token that stands for what it brought. The run goes on when the page hands that in.

// leavePath is where a page of an application sends the browser that goes to another provider.
const leavePath = "/signon/leave"

// keptLeaver is under which name a run keeps SHA-256 of the key of the browser that is away.
const keptLeaver = "leaver"

// maxArrival bounds what is kept of an answer, in bytes: whoever brings it has proved nothing yet. Codes of providers have some hundred.
const maxArrival = 8 << 10

// The parameters of leavePath beside flowId.
const (
	inputForm   = "form"   // the run's number of the form
	inputField  = "field"  // what was pressed
	inputTicket = "ticket" // that the page was given this very address
)

// Leaving gives the addresses at which the browser leaves for other providers, by the fields of a form. Empty: it could not come back.
func (h *Host) Leaving(base tenant.Base, i *Interaction) map[string]string {
	all := map[string]string{}
	if h.Externals == nil || i.Run.Back == nil {
		return all
	}
	for at := range i.Page.Fields {
		if f := &i.Page.Fields[at]; f.Type == graph.ExternalField {
			all[f.Name] = base.URL(leavePath + "?" + url.Values{
				"flowId": {i.ID()}, inputForm: {strconv.Itoa(i.Run.Interaction)}, inputField: {f.Name},
				inputTicket: {h.ticket(i.Run, i.Page.Node, f.Name)},
			}.Encode())
		}
	}
	return all
}

// ticket is worth something while the run stands at this form.
func (h *Host) ticket(kept *store.Run, node, field string) string {
	key := h.Secret(kept.EnvironmentID, "ways to other providers")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(kept.ID[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(kept.Interaction)))
	mac.Write([]byte(node + "\x00" + field))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// goAway answers GET /signon/leave: it sends the browser to a provider, for a form that a page of an application shows.
//
// The browser need not hold the run: a page whose cookies are blocked began it, or an application that is no browser. Whoever leaves gets nothing
// of the run by that; what they bring back is worth something to whoever holds it alone.
func (h *Host) goAway(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	query := r.URL.Query()
	agent, kept, err := h.traveller(r, base, query.Get("flowId"))
	if err != nil {
		return err
	}
	if kept == nil || kept.Outcome != nil || kept.Back == nil || h.Externals == nil || query.Get(inputForm) != strconv.Itoa(kept.Interaction) {
		return h.AlreadyDone(w, base, templates.Expired)
	}
	base = agent.Base
	shown, err := h.Show(r, agent, kept)
	if errors.Is(err, ErrTimedOut) {
		return h.AlreadyDone(w, base, templates.Expired)
	}
	if err != nil {
		return err
	}
	name := query.Get(inputField)
	at := slices.IndexFunc(shown.Page.Fields, func(f run.PageField) bool { return f.Name == name && f.Type == graph.ExternalField })
	if at < 0 || !hmac.Equal([]byte(query.Get(inputTicket)), []byte(h.ticket(kept, shown.Page.Node, name))) {
		return h.AlreadyDone(w, base, templates.Expired)
	}
	leaver, err := h.Agents.RunKey(agent, w.Header())
	if err != nil {
		return err
	}
	if err := h.remember(r.Context(), kept.ID, keptLeaver, leaver); err != nil {
		return err
	}
	return h.send(w, r, agent, leg{run: kept, node: shown.Page.Node, field: &shown.Page.Fields[at]})
}

// leg is one way from a form to a provider.
type leg struct {
	run   *store.Run
	node  string
	field *run.PageField
}

// send sends the browser to a provider. From one that does not answer it comes back at once, and the flow hears that nobody vouched.
func (h *Host) send(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, l leg) error {
	trip := Trip{Base: agent.Base, RunID: spell(l.run.ID), Node: l.node, Field: l.field.Name, Provider: l.field.Provider}
	if err := trip.Request.UnmarshalBinary(l.run.FlowRequest); err != nil {
		return err
	}
	location, err := h.Externals.Begin(r.Context(), trip)
	if err != nil {
		h.Log.WarnContext(r.Context(), "identity provider failed", "provider", l.field.Provider, "cause", err)
		return h.bring(w, r, agent, l.run, Arrival{Node: l.node, Field: l.field.Name, Answer: "none"})
	}
	return web.Redirect(w, r, location)
}

// remember keeps a value with a run.
func (h *Host) remember(ctx context.Context, id store.RunID, name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return h.KV.Update(ctx, func(tx kv.Tx) error {
		return store.ChangeKept(tx, id, name, func([]byte) ([]byte, error) { return raw, nil })
	})
}

// traveller finds a run that a page of an application shows, whoever holds it, and the browser at its place. Nil: there is none here.
func (h *Host) traveller(r *http.Request, base tenant.Base, name string) (*useragent.Agent, *store.Run, error) {
	asked := r.Clone(r.Context())
	asked.URL.RawQuery = url.Values{"flowId": {name}}.Encode()
	base, err := h.PlaceOf(asked, base)
	if err != nil {
		return nil, nil, err
	}
	agent, err := h.Agents.Recognise(r, base)
	if err != nil {
		return nil, nil, err
	}
	id, ok := unspell(name)
	if !ok {
		return agent, nil, nil
	}
	var found *store.Run
	err = h.KV.View(r.Context(), func(reader kv.Reader) (err error) {
		found, err = store.FindRun(reader, id)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read run: %w", err)
	case found == nil, found.Interaction == 0, !agent.Now.Before(found.Expires()), !agent.At(found):
		return agent, nil, nil
	}
	return agent, found, nil
}

// comeBackTo takes who comes back from a provider on to the page of the application that shows the forms. False: the run is none of those.
func (h *Host) comeBackTo(w http.ResponseWriter, r *http.Request, base tenant.Base, name string) (done bool, err error) {
	agent, kept, err := h.traveller(r, base, name)
	if err != nil || kept == nil {
		return false, err
	}
	if kept.Outcome != nil || kept.Back == nil {
		return true, h.AlreadyDone(w, agent.Base, templates.Expired)
	}
	left, err := h.left(r.Context(), agent, kept)
	if err != nil {
		return true, err
	}
	if !left {
		return true, h.AlreadyDone(w, agent.Base, templates.OtherBrowser)
	}
	arrival, err := h.Externals.Returned(r.Context(), spell(kept.ID), path.Base(r.URL.Path), r.URL.Query())
	if err != nil {
		return true, fmt.Errorf("come back from a provider: %w", err)
	}
	if arrival == nil || len(arrival.Answer) > maxArrival {
		return true, h.AlreadyDone(w, agent.Base, templates.Expired) // an old answer, from the history perhaps
	}
	return true, h.bring(w, r, agent, kept, *arrival)
}

// left reports whether this is the browser that left.
func (h *Host) left(ctx context.Context, agent *useragent.Agent, kept *store.Run) (left bool, err error) {
	err = h.KV.Update(ctx, func(tx kv.Tx) error {
		left, err = leaverOf(tx, agent, kept.ID)
		return err
	})
	return left, err
}

func leaverOf(tx kv.Tx, agent *useragent.Agent, id store.RunID) (left bool, err error) {
	err = store.ChangeKept(tx, id, keptLeaver, func(value []byte) ([]byte, error) {
		var key [32]byte
		if left = false; value == nil {
			return nil, nil
		}
		if err := json.Unmarshal(value, &key); err != nil {
			return nil, fmt.Errorf("decode who left: %w", err)
		}
		left = agent.HoldsKey(key)
		return value, nil
	})
	return left, err
}
