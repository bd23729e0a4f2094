package admin

import (
	"context"
	"time"
)

// Recorder is what a server does that writes runs down.
type Recorder interface {
	// Record takes an order. CodeNotFound, CodeInvalid.
	Record(o RecordingOrder) error
	// StopRecording ends the orders for a flow of an environment, or all of the environment's where flow is empty, and counts them.
	StopRecording(environment, flow string) int
	// RecordingOrders lists those of an environment.
	RecordingOrders(environment string) []RecordingOrder
}

// RecordingOperations are those on recordings of runs.
type RecordingOperations interface {
	// RecordFlow lets runs of a flow be written down that begin from now on. CodeNotFound, CodeInvalid.
	RecordFlow(ctx context.Context, n NewRecording) (RecordingOrder, error)
	// StopRecording lets no further run be written down. Runs in progress are recorded to their end.
	StopRecording(ctx context.Context, s RecordingStop) (Stopped, error)
	// Recordings lists the recordings of an environment, the newest first, and what is on order.
	Recordings(ctx context.Context, e Environment) (Recordings, error)
	// Recorded gives one of them. CodeNotFound.
	Recorded(ctx context.Context, n RecordingName) (Recorded, error)
	// DeleteRecordings deletes one of them, or all of the environment. CodeNotFound.
	DeleteRecordings(ctx context.Context, n RecordingName) (Deleted, error)
}

// NewRecording asks for runs of a flow to be written down.
type NewRecording struct {
	Environment string        `json:"environment"`
	Flow        string        `json:"flow"`
	Runs        int           `json:"runs"`           // 1 to MaxRecordedRuns
	For         time.Duration `json:"for"`            // nanoseconds; at most MaxRecordedFor
	User        string        `json:"user,omitempty"` // a username, an e-mail address: whose runs. Empty: everybody's
	By          string        `json:"by"`             // who asks, for the audit trail
}

// Bounds of an order.
const (
	MaxRecordedRuns = 100
	MaxRecordedFor  = time.Hour
)

// RecordingOrder is what a server still writes down.
type RecordingOrder struct {
	Environment string    `json:"environment"`
	Flow        string    `json:"flow"`
	Left        int       `json:"left"` // runs
	Until       time.Time `json:"until"`
	UserID      string    `json:"userId,omitempty"`
	Username    string    `json:"username,omitempty"`
	Email       string    `json:"email,omitempty"`
}

// RecordingStop ends orders for a flow, or for all where it is empty.
type RecordingStop struct {
	Environment string `json:"environment"`
	Flow        string `json:"flow,omitempty"`
	By          string `json:"by"`
}

// Stopped counts the orders that were ended.
type Stopped struct {
	Orders int `json:"orders"`
}

// RecordingName names a recording; an empty ID, where DeleteRecordings is asked, all of them.
type RecordingName struct {
	Environment string `json:"environment"`
	ID          string `json:"id,omitempty"`
	By          string `json:"by"`
}

// Deleted counts the recordings that were deleted.
type Deleted struct {
	Recordings int `json:"recordings"`
}

// Recordings are those of an environment.
type Recordings struct {
	Orders     []RecordingOrder `json:"orders,omitempty"` // of the server that answers; none where no server runs
	Recordings []Recording      `json:"recordings"`
}

// Recording is what an operator sees of a run that was written down.
type Recording struct {
	ID        string    `json:"id"`
	Flow      string    `json:"flow"`
	Hash      string    `json:"hash"`            // of the flow as it was then
	First     string    `json:"first,omitempty"` // the recording of the run whose link opened this one
	ClientID  string    `json:"clientId,omitempty"`
	Address   string    `json:"address,omitempty"`
	UserID    string    `json:"userId,omitempty"` // whom it met last
	Username  string    `json:"username,omitempty"`
	StartedAt time.Time `json:"startedAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Ending is success, behind a link approved or denied, the code of the error, signedOff where its session ended beside it, or left. Empty: the run goes on.
	Ending string `json:"ending,omitempty"`
	Node   string `json:"node,omitempty"` // of the page that it showed last
	Events int    `json:"events"`
	Full   bool   `json:"full,omitempty"` // it became too long: the rest is not in it
}

// Recorded is a recording with all that is in it.
type Recorded struct {
	Recording
	Trace   string `json:"trace"`   // events of package engine/trace, one a line
	Sources []byte `json:"sources"` // the flow as it was then with its parts, as a ZIP archive. Empty: it is not kept
}
