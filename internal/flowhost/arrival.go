package flowhost

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// keptArrival is under which name a run keeps what came back from a provider and was not handed in yet.
const keptArrival = "arrival"

// awaited is what a token stands for that a page of an application hands in.
type awaited struct {
	Token [32]byte `json:"token"` // its SHA-256
	Arrival
}

// bring sends the browser back to the page of the application, with a token for what it brought.
//
// RFC 9700 4.11: nobody is sent anywhere but to an address that the application has registered, still.
func (h *Host) bring(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, kept *store.Run, arrival Arrival) error {
	back := kept.Back
	app := agent.Base.Environment.Application(back.ClientID)
	if app == nil || !app.AllowsRedirect(back.URL) {
		return h.AlreadyDone(w, agent.Base, templates.Expired)
	}
	var random [32]byte
	if _, err := io.ReadFull(h.Random, random[:]); err != nil {
		return fmt.Errorf("draw a token: %w", err)
	}
	token := spell(kept.ID) + "." + base64.RawURLEncoding.EncodeToString(random[:])
	if err := h.remember(r.Context(), kept.ID, keptArrival, awaited{sha256.Sum256([]byte(token)), arrival}); err != nil {
		return err
	}
	added := url.Values{"continueToken": {token}}
	if back.Code {
		added = url.Values{"code": {token}, "state": {spell(kept.ID)}}
	}
	to := "?"
	if strings.Contains(back.URL, "?") {
		to = "&"
	}
	return web.Redirect(w, r, back.URL+to+added.Encode())
}

// errAwaited: nothing is awaited from this browser with this token. Nothing was written.
var errAwaited = errors.New("nothing is awaited with this token")

// HandIn takes the token that a page got with a browser that came back from a provider. It counts once, and for whoever holds the run alone; no
// token or authId that was given out for the run before counts afterwards. Nil: it is worth nothing.
//
// What stands in the input is the answer that the run waits for; the form may have changed meanwhile.
func (h *Host) HandIn(ctx context.Context, agent *useragent.Agent, token string) (found *store.Run, input run.Input, err error) {
	name, _, _ := strings.Cut(token, ".")
	id, ok := unspell(name)
	if !ok {
		return nil, input, nil
	}
	digest := sha256.Sum256([]byte(token))
	err = h.KV.Update(ctx, func(tx kv.Tx) error {
		if found, err = store.FindRun(tx, id); err != nil {
			return err
		}
		if found == nil || found.Interaction == 0 || found.Outcome != nil || !agent.Now.Before(found.Expires()) || !agent.At(found) {
			return errAwaited
		}
		var arrival Arrival
		if arrival, err = takeArrival(tx, id, digest); err != nil {
			return err
		}
		if err := admit(tx, agent, found); err != nil {
			return err
		}
		input = run.Input{Node: arrival.Node, Button: arrival.Field, Values: map[string]string{arrival.Field: arrival.Answer}}
		// Two on: the token of the form before the present one counts too, where a reply was lost.
		found.Interaction += 2
		return store.ReplaceRun(tx, found)
	})
	switch {
	case errors.Is(err, errAwaited):
		return nil, run.Input{}, nil
	case err != nil:
		return nil, run.Input{}, fmt.Errorf("take what came back from a provider: %w", err)
	}
	return found, input, nil
}

// takeArrival takes what a token stands for. errAwaited.
func takeArrival(tx kv.Tx, id store.RunID, token [32]byte) (arrival Arrival, err error) {
	err = store.ChangeKept(tx, id, keptArrival, func(value []byte) ([]byte, error) {
		var kept awaited
		if value == nil {
			return nil, errAwaited
		}
		if err := json.Unmarshal(value, &kept); err != nil {
			return nil, fmt.Errorf("decode arrival: %w", err)
		}
		if subtle.ConstantTimeCompare(kept.Token[:], token[:]) != 1 {
			return nil, errAwaited
		}
		arrival = kept.Arrival
		return nil, nil
	})
	return arrival, err
}

// admit lets whoever holds a run hand in what came back. A page whose cookies were blocked when the run began may bring the key that its browser
// got on the way; it is the run's from then on. errAwaited.
func admit(tx kv.Tx, agent *useragent.Agent, found *store.Run) error {
	if agent.HoldsInteraction(found) {
		found.Bound = found.Bound || agent.BringsRunKey()
		return nil
	}
	left, err := leaverOf(tx, agent, found.ID)
	if err != nil {
		return err
	}
	if found.Bound || !left {
		return errAwaited
	}
	found.BrowserDigest, found.Bound = agent.KeyDigest(), true
	return nil
}
