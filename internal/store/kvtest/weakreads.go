package kvtest

import "vigil/internal/store/kv"

// snapshot reads one state.
type snapshot struct {
	weak  *Weak
	state *state
}

func (s snapshot) declared(b kv.Bucket) error { return s.weak.known(b) }

func (s snapshot) get(b kv.Bucket, key string) (cell, error) {
	return s.state.buckets[b.Name].get(key), s.weak.known(b)
}

func (s snapshot) scan(b kv.Bucket, r span, limit int) ([]row, error) {
	return s.state.buckets[b.Name].scan(r, limit, nil), s.weak.known(b)
}

// live reads whatever is committed at the instant of each read, even within one scan.
type live struct{ weak *Weak }

func (l live) declared(b kv.Bucket) error { return l.weak.known(b) }

func (l live) get(b kv.Bucket, key string) (cell, error) {
	l.weak.pause(slackOdds, slack)
	return l.weak.state.Load().buckets[b.Name].get(key), l.weak.known(b)
}

func (l live) scan(b kv.Bucket, r span, limit int) ([]row, error) {
	var rows []row
	for len(rows) < limit {
		l.weak.pause(slackOdds, slack)
		had := len(rows)
		rows = l.weak.state.Load().buckets[b.Name].scan(r, min(limit, had+1+limit/4), rows)
		if len(rows) == had {
			break
		}
		r.from = rows[len(rows)-1].key + "\x00"
	}
	return rows, l.weak.known(b)
}
