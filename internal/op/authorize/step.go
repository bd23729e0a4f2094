package authorize

import (
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"vigil/internal/flowhost"
	"vigil/internal/piflow"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// step serves an answer that a page of the application sends to the form of a run (response_mode=pi.flow).
func (e *Endpoint) step(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	kept, err := e.Flows.FindInteraction(r.Context(), agent, r.Header.Get("interactionId"))
	if err != nil {
		return err
	}
	if kept == nil {
		return sendJSON(w, http.StatusUnauthorized, piflow.Unauthorized())
	}
	x, refused, err := e.takeUp(&exchange{w: w, r: r, base: base, agent: agent}, kept)
	if err != nil || refused {
		return err
	}
	token := []byte(r.Header.Get("interactionToken"))
	current := hmac.Equal(token, []byte(e.interactionToken(kept, kept.Interaction)))
	earlier := kept.Interaction > 1 && hmac.Equal(token, []byte(e.interactionToken(kept, kept.Interaction-1)))
	asked := e.asked(agent, kept, token)
	if !current && !earlier && !asked {
		return sendJSON(w, http.StatusUnauthorized, piflow.Unauthorized())
	}
	switch {
	case asked:
		return e.agree(x)
	case kept.Outcome != nil:
		// Its reply was lost.
		return e.finish(x)
	}
	if x.shown, err = e.Flows.Show(r, agent, kept); err != nil {
		if errors.Is(err, flowhost.ErrTimedOut) {
			return sendJSON(w, http.StatusBadRequest, piflow.TimedOut())
		}
		return err
	}
	if earlier {
		// The form changed and that reply was lost: nothing is answered by a token of the form before.
		return e.present(x, x.shown)
	}
	return e.answer(x)
}

// takeUp reads the request that a run belongs to. Refused: it was answered, for the run has none, as those of AM, or the application may not ask any more.
func (e *Endpoint) takeUp(x *exchange, kept *store.Run) (same *exchange, refused bool, err error) {
	if len(kept.Request) == 0 {
		return nil, true, sendJSON(x.w, http.StatusUnauthorized, piflow.Unauthorized())
	}
	if err := json.Unmarshal(kept.Request, &x.request); err != nil {
		return nil, false, fmt.Errorf("decode kept request: %w", err)
	}
	x.base = x.base.InRealm(x.base.Environment.Realm(x.request.Realm))
	if fault := x.identify(nil); fault != nil {
		return nil, true, e.refusePage(x, fault)
	}
	x.ran, x.shown = true, &flowhost.Interaction{Run: kept}
	return x, false, nil
}

// readAnswer reads what a page sent. Refused: it was told what is wrong with it.
func (e *Endpoint) readAnswer(x *exchange, place piflow.Place) (read piflow.Answer, refused bool, err error) {
	// Only JSON: a form or a plain text of another site would come without asking first (Fetch, section "CORS-safelisted request-header").
	kind, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return read, true, sendJSON(x.w, http.StatusUnsupportedMediaType, place.NotUnderstood("the content type must be application/json"))
	}
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxForm))
	if err != nil {
		return read, true, sendJSON(x.w, http.StatusBadRequest, place.NotUnderstood("the answer is too large or damaged"))
	}
	read, err = piflow.ReadAnswer(body)
	if err != nil || read.InteractionID != "" && read.InteractionID != place.InteractionID {
		return read, true, sendJSON(x.w, http.StatusBadRequest, place.NotUnderstood("the answer cannot be read"))
	}
	return read, false, nil
}

// answer takes what a page sent.
func (e *Endpoint) answer(x *exchange) error {
	place := e.place(x.base, x.shown)
	read, told, err := e.readAnswer(x, place)
	if err != nil || told {
		return err
	}
	input, err := read.Input(x.shown.Page)
	if err != nil {
		return sendJSON(x.w, http.StatusBadRequest, place.NotUnderstood("a value is of the wrong kind"))
	}
	if input.Node != x.shown.Page.Node {
		return e.present(x, x.shown)
	}
	refused, err := e.Flows.Answer(x.r, x.agent, x.w.Header(), x.shown, input)
	switch {
	case errors.Is(err, flowhost.ErrOvertaken):
		return sendJSON(x.w, http.StatusConflict, place.NotUnderstood("another answer was faster"))
	case err != nil:
		return err
	case x.shown.Run.Outcome != nil:
		return e.finish(x)
	case input.Poll && x.shown.Page.Node == input.Node:
		return sendJSON(x.w, http.StatusOK, place.Pending(x.shown.Page))
	case refused:
		if reply, ok := place.Refused(x.shown.Page); ok {
			return sendJSON(x.w, http.StatusBadRequest, reply)
		}
	}
	return e.present(x, x.shown)
}
