package server

import (
	"context"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/internal/metrics"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Metrics are what this server counts.
func (s *Server) Metrics() *metrics.Metrics { return s.metrics }

func (s *Server) passed(p run.Passage) { s.metrics.Passage(p.Flow, p.Node, p.Outcome) }

// measured lets every capability be measured.
func (s *Server) measured(all []connector.Capability) []connector.Capability {
	measured := make([]connector.Capability, len(all))
	for i, c := range all {
		if work := c.Run; work != nil {
			c.Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
				defer s.metrics.Work(c.Name)()
				return work(ctx, call)
			}
		}
		measured[i] = c
	}
	return measured
}

// notesServing notes since when each flow serves.
func (s *Server) notesServing() {
	hashes := map[string]string{}
	for _, flow := range s.flows.Serving() {
		hashes[flow.Name] = flow.Hash
	}
	s.metrics.Serves(hashes, s.options.Now())
}

// watchQueues lets the lengths of what waits be looked at.
func (s *Server) watchQueues() {
	for name, bucket := range map[string]kv.Bucket{
		"notices": schema.Outbox, "notices_dead": schema.Dead, "mail": schema.Mail, "mail_dead": schema.MailDead,
	} {
		s.metrics.Queue(name, func() int { return s.lengthOf(bucket) })
	}
}

// lookTimeout bounds a look at a queue.
const lookTimeout = time.Second

// lengthOf counts a bucket, up to metrics.MaxQueue. Below zero: the store does not answer.
func (s *Server) lengthOf(b kv.Bucket) (n int) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	err := s.kv.View(ctx, func(r kv.Reader) error {
		n = 0
		var from []byte
		for n < metrics.MaxQueue {
			entries, err := r.Scan(b, from, nil, kv.MaxKeys)
			if err != nil {
				return err
			}
			if n += len(entries); len(entries) < kv.MaxKeys {
				return nil
			}
			from = append(append([]byte{}, entries[len(entries)-1].Key...), 0)
		}
		return nil
	})
	if err != nil {
		return -1
	}
	return n
}
