package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

const maxBody = 64 << 10 // bytes of a request

// Handler serves operations to a Client. Mount it on the listener of Listen and nowhere else.
func Handler(o Operations) http.Handler {
	mux := http.NewServeMux()
	verb(mux, pathAddUser, o.AddUser)
	verb(mux, pathUsers, o.Users)
	verb(mux, pathPassword, o.SetPassword)
	verb(mux, pathEnabled, o.SetEnabled)
	verb(mux, pathEmail, o.SetEmail)
	verb(mux, pathDelete, o.DeleteUser)
	verb(mux, pathFactors, o.Factors)
	verb(mux, pathRemoveFactor, o.RemoveFactor)
	verb(mux, pathAudit, o.Audit)
	verb(mux, pathKeys, o.Keys)
	verb(mux, pathRotate, o.RotateKeys)
	verb(mux, pathSessions, o.Sessions)
	verb(mux, pathEnd, o.EndSessions)
	verb(mux, pathNotices, o.Notices)
	verb(mux, pathReplay, o.ReplayNotices)
	verb(mux, pathLetters, o.Letters)
	verb(mux, pathMintToken, o.MintClientToken)
	verb(mux, pathTokens, o.ClientTokens)
	verb(mux, pathRevokeToken, o.RevokeClientToken)
	verb(mux, pathClients, o.Clients)
	verb(mux, pathDeleteClient, o.DeleteClient)
	verb(mux, pathFlowStatus, o.FlowStatus)
	verb(mux, pathRestoreFlow, o.RestoreFlow)
	verb(mux, pathRecord, o.RecordFlow)
	verb(mux, pathStopRecording, o.StopRecording)
	verb(mux, pathRecordings, o.Recordings)
	verb(mux, pathRecorded, o.Recorded)
	verb(mux, pathDeleteRecordings, o.DeleteRecordings)
	return mux
}

// The paths of the verbs.
const (
	pathAddUser  = "/users/add"
	pathUsers    = "/users/list"
	pathPassword = "/users/password"
	pathEnabled  = "/users/enabled"
	pathEmail    = "/users/email"
	pathDelete   = "/users/delete"
	pathAudit    = "/audit/list"
	pathKeys     = "/keys/list"
	pathRotate   = "/keys/rotate"
	pathSessions = "/sessions/list"
	pathEnd      = "/sessions/end"
	pathNotices  = "/notices/list"
	pathReplay   = "/notices/replay"
	pathLetters  = "/mail/list"

	pathFactors      = "/users/factors/list"
	pathRemoveFactor = "/users/factors/remove"

	pathMintToken    = "/clients/tokens/add"
	pathTokens       = "/clients/tokens/list"
	pathRevokeToken  = "/clients/tokens/revoke"
	pathClients      = "/clients/list"
	pathDeleteClient = "/clients/delete"

	pathFlowStatus  = "/flows/status"
	pathRestoreFlow = "/flows/restore"

	pathRecord           = "/recordings/order"
	pathStopRecording    = "/recordings/stop"
	pathRecordings       = "/recordings/list"
	pathRecorded         = "/recordings/read"
	pathDeleteRecordings = "/recordings/delete"
)

// verb serves one operation. Another version of the client may send fields that this one would overlook: they are refused.
func verb[Q, A any](mux *http.ServeMux, path string, do func(context.Context, Q) (A, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var question Q
		body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		body.DisallowUnknownFields()
		if err := body.Decode(&question); err != nil {
			answer(w, http.StatusBadRequest, &Error{CodeInvalid, "the request is not understood: client and server may be of different versions"})
			return
		}
		result, err := do(r.Context(), question)
		if err != nil {
			var told *Error
			if !errors.As(err, &told) {
				told = &Error{CodeFailed, err.Error()}
			}
			answer(w, status(told.Code), told)
			return
		}
		answer(w, http.StatusOK, result)
	})
}

func status(c Code) int {
	switch c {
	case CodeExists:
		return http.StatusConflict
	case CodeNotFound, CodeEnvironment:
		return http.StatusNotFound
	case CodeWeak, CodeInvalid:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// answer writes JSON. An error of the connection is the client's to notice.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // the connection is the client's, and every answer is a struct of ours
}
