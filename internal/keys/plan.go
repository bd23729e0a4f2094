package keys

import (
	"maps"
	"slices"
	"time"
)

// What happened to a key.
type What string

// The things that happen to keys.
const (
	Published What = "published" // everybody can know it; it will sign
	Began     What = "signs"     // or is what others encrypt to
	Ceased    What = "retired"
	Forgotten What = "forgotten" // nothing that it signed lives any more
	Withdrawn What = "withdrawn" // nothing that it signed is worth anything any more
)

// Event is one thing that happened.
type Event struct {
	EnvironmentID, Kid, Alg string
	What                    What
	From                    time.Time // of a published key: when it will sign
	Until                   time.Time // of a retired key: when it is forgotten
}

// order is what an operator wants.
type order int

const (
	asScheduled order = iota
	rotateSoon        // as soon as everybody can know the next keys
	replaceNow        // no key of before is worth anything
)

// change is one look at the keys of an environment.
type change struct {
	now   time.Time
	order order
	first bool // the server starts: nothing is made that is not needed to answer
}

// plan is what a change comes to. It is pure: the same records give the same plan, whichever process makes it.
type plan struct {
	change
	environmentID string
	schedule      Schedule
	wanted        []string           // algorithms
	records       map[string]*record // by kid, the root record left out
	fresh         map[string]*made   // keys at hand, by algorithm

	put    map[string]*record
	gone   []string
	lacks  []string // algorithms that a key is missing for
	events []Event
}

// made is a key that was made in advance, since a transaction cannot.
type made struct {
	kid    string
	record *record
}

// run fills in what is to be done.
func (p *plan) run() {
	p.put = map[string]*record{}
	algs := slices.Clone(p.wanted)
	for _, r := range p.records {
		algs = append(algs, r.Alg)
	}
	slices.Sort(algs)
	for _, alg := range slices.Compact(algs) {
		if p.order == replaceNow {
			p.replace(alg)
		} else {
			p.proceed(alg)
		}
	}
	for _, kid := range slices.Sorted(maps.Keys(p.records)) {
		if r := p.records[kid]; r.State == Retired && r.Until <= p.now.UnixMilli() {
			p.remove(kid, Forgotten)
		}
	}
}

// replace lets a fresh key sign at once and makes worthless what the others signed.
func (p *plan) replace(alg string) {
	for _, kid := range slices.Sorted(maps.Keys(p.records)) {
		if p.records[kid].Alg == alg {
			p.remove(kid, Withdrawn)
		}
	}
	if slices.Contains(p.wanted, alg) {
		p.add(alg, Active, p.now)
	}
}

// proceed moves the keys of one algorithm on in their lives.
func (p *plan) proceed(alg string) {
	active, next, wanted := p.inState(alg, Active), p.inState(alg, Next), slices.Contains(p.wanted, alg)
	if active == "" && next == "" {
		if wanted {
			p.add(alg, Active, p.now)
		}
		return
	}
	if p.order == rotateSoon && wanted {
		if next == "" {
			p.add(alg, Next, p.now.Add(p.schedule.Ahead))
			return
		}
		p.hurry(next)
	}
	switch {
	case next != "" && (active == "" || p.due(active, next)):
		p.retire(active)
		p.promote(next)
	case next == "" && p.schedule.Every > 0 && !p.first:
		p.prepare(alg, active, wanted)
	}
}

// prepare publishes the successor of a key in good time. A key that nobody wants has none.
func (p *plan) prepare(alg, active string, wanted bool) {
	end := p.since(active).Add(p.schedule.Every)
	known := p.now.Add(p.schedule.Ahead)
	switch {
	case wanted && !known.Before(end):
		if end.After(known) {
			known = end
		}
		p.add(alg, Next, known)
	case !wanted && !p.now.Before(end):
		p.retire(active)
	}
}

// due reports whether a published key is to sign by now.
func (p *plan) due(active, next string) bool {
	from := p.records[next].From
	if from == 0 {
		if p.schedule.Every == 0 {
			return false
		}
		from = max(p.since(active).Add(p.schedule.Every).UnixMilli(), p.known(next))
	}
	return from <= p.now.UnixMilli()
}

// known is when everybody knows a published key, in Unix milliseconds.
func (p *plan) known(kid string) int64 {
	return p.records[kid].Created + p.schedule.Ahead.Milliseconds()
}

// hurry lets a published key sign as soon as everybody knows it.
func (p *plan) hurry(next string) {
	soon := max(p.known(next), p.now.UnixMilli())
	if r := *p.records[next]; r.From == 0 || soon < r.From {
		r.From = soon
		p.set(next, &r)
	}
}

// since is when an active key began to sign.
func (p *plan) since(active string) time.Time {
	r := p.records[active]
	return time.UnixMilli(max(r.From, r.Created))
}

func (p *plan) promote(kid string) {
	r := *p.records[kid]
	r.State, r.From = Active, p.now.UnixMilli()
	p.set(kid, &r)
	p.note(kid, Began)
}

// retire ends the signing of a key. No key: nothing.
func (p *plan) retire(kid string) {
	if kid == "" {
		return
	}
	r := *p.records[kid]
	r.State, r.Until = Retired, p.now.Add(p.schedule.Keep).UnixMilli()
	p.set(kid, &r)
	p.note(kid, Ceased)
}

func (p *plan) remove(kid string, what What) {
	p.note(kid, what)
	delete(p.records, kid)
	delete(p.put, kid)
	p.gone = append(p.gone, kid)
}

// add takes a key into the ring, if there is one at hand.
func (p *plan) add(alg string, state State, from time.Time) {
	f := p.fresh[alg]
	if f == nil {
		p.lacks = append(p.lacks, alg)
		return
	}
	r := *f.record
	r.State, r.Created, r.From = state, p.now.UnixMilli(), from.UnixMilli()
	p.set(f.kid, &r)
	if state == Next {
		p.note(f.kid, Published)
	} else {
		p.note(f.kid, Began)
	}
}

func (p *plan) set(kid string, r *record) { p.records[kid], p.put[kid] = r, r }

func (p *plan) note(kid string, what What) {
	r := p.records[kid]
	e := Event{EnvironmentID: p.environmentID, Kid: kid, Alg: r.Alg, What: what}
	switch what {
	case Published:
		e.From = time.UnixMilli(r.From)
	case Ceased:
		e.Until = time.UnixMilli(r.Until)
	case Began, Forgotten, Withdrawn:
	}
	p.events = append(p.events, e)
}

// inState gives the id of a key of an algorithm. Empty: there is none.
func (p *plan) inState(alg string, state State) string {
	for _, kid := range slices.Sorted(maps.Keys(p.records)) {
		if r := p.records[kid]; r.Alg == alg && r.State == state {
			return kid
		}
	}
	return ""
}
