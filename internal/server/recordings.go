package server

import (
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/flowhost"
)

// FlowOrder is what an operator wants to be written down of the runs of a flow.
type FlowOrder = flowhost.Order

// Why an order is refused.
var (
	ErrNoFlow = errors.New("no such flow serves")
	ErrPart   = errors.New("it is a part: what runs behind a link is recorded together with the run that made the link")
)

// RecordFlow lets the runs of a flow be written down that begin from now on. ErrNoFlow, ErrPart; any other error says that there are too many orders.
func (s *Server) RecordFlow(o FlowOrder) error {
	flow := s.flows.Named(o.Flow)
	switch {
	case flow == nil:
		return ErrNoFlow
	case flow.Part:
		return ErrPart
	}
	return s.recordings.Take(o, s.options.Now())
}

// StopRecording lets no further run of a flow be written down, or of any where none is named, and tells how many orders that ended.
func (s *Server) StopRecording(environment, flow string) int {
	return s.recordings.Cancel(environment, flow, s.options.Now())
}

// FlowOrders are the orders of an environment.
func (s *Server) FlowOrders(environment string) []FlowOrder {
	return s.recordings.Orders(environment, s.options.Now())
}

// newRecordings takes orders of operators, none at first.
func (s *Server) newRecordings() (*flowhost.Recordings, error) {
	r := &flowhost.Recordings{KV: s.kv, Registry: s.registry, Clock: time.Now}
	if _, err := io.ReadFull(s.options.Random, r.Key[:]); err != nil {
		return nil, fmt.Errorf("make key of recordings: %w", err)
	}
	return r, nil
}
