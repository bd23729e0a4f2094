package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// job is what is done against one server: prepare once for each agent, before each measured unit, and the unit itself.
type job struct {
	prepare func(*agent) error // nil: nothing
	before  func(*agent) error // nil: nothing; its cost is measured apart and taken off
	unit    func(*agent) error
}

// work is one kind of work and what its floor is.
type work struct {
	name   string
	target string // of CPU, as a multiple of the floor
	vigil  job
	floor  job
	peer   job // without a unit: it has no such thing
}

func works() []work {
	cookie := func(a *agent) error { return a.want(http.MethodGet, "/cookie", http.StatusNoContent) }
	get := func(path string, status int) func(*agent) error {
		return func(a *agent) error { return a.want(http.MethodGet, path, status) }
	}
	redirect := get("/redirect", http.StatusFound)
	sign := func(a *agent) error { return a.want(http.MethodPost, "/token", http.StatusOK) }
	page := func(a *agent) error { return a.want(http.MethodPost, "/page", http.StatusOK) }
	kept := func(a *agent) error { return a.want(http.MethodPost, "/kept", http.StatusOK) }
	signOn, exchange, silent := (*agent).signOn, (*agent).exchange, (*agent).silent
	known := inTurn(as(web), signOn, exchange)
	return []work{
		{"silent check", "2.0", job{signOn, nil, silent}, job{cookie, nil, redirect}, job{signOn, nil, silent}},
		{"code exchange", "2.2", job{signOn, silent, exchange}, job{nil, nil, sign}, job{signOn, silent, exchange}},
		{"whole sign-on", "", job{nil, nil, inTurn(signOn, exchange)}, job{cookie, nil, inTurn(redirect, sign)}, job{nil, nil, inTurn((*agent).forget, signOn, exchange)}},
		{"check-session page", "1.3", job{nil, nil, get("/as/checksession", http.StatusOK)}, job{nil, nil, get("/page", http.StatusOK)}, job{}},
		{"sign-off", "2.5", job{nil, inTurn(signOn, exchange), (*agent).signOff}, job{nil, nil, get("/verify", http.StatusFound)}, job{nil, inTurn((*agent).forget, signOn, exchange), (*agent).signOffByPage}},
		{"flow step", "2.5", job{nil, (*agent).open, (*agent).again}, job{nil, nil, page}, job{}},
		// The same beside a floor that keeps the answer as safely: what the row above cannot lose.
		{"flow step, kept", "", job{nil, (*agent).open, (*agent).again}, job{nil, nil, kept}, job{}},
		{"pi.flow step", "", job{nil, (*agent).openForm, (*agent).answerForm}, job{nil, nil, page}, job{}},
		{"refresh", "", job{known, nil, (*agent).refresh}, job{nil, nil, sign}, job{known, nil, (*agent).refresh}},
		{"introspection", "", job{known, nil, (*agent).introspect}, job{nil, nil, get("/verify", http.StatusFound)}, job{known, nil, (*agent).introspect}},
		{"pushed request", "", job{as(web), nil, (*agent).push}, job{nil, nil, page}, job{as(web), nil, (*agent).push}},
	}
}

// inTurn does one thing after the other.
func inTurn(all ...func(*agent) error) func(*agent) error {
	return func(a *agent) error {
		for _, one := range all {
			if err := one(a); err != nil {
				return err
			}
		}
		return nil
	}
}

// round measures one round of a job. What comes before each unit is done in batches, outside the measured time.
func (w work) round(server *child, j job, into *tally) error {
	agents := make([]*agent, connections)
	err := each(agents, func(i int, _ *agent) (err error) {
		if agents[i], err = newAgent(i, server); err == nil && j.prepare != nil {
			err = j.prepare(agents[i])
		}
		return err
	})
	if err != nil {
		return err
	}
	if j.before == nil {
		return timed(agents, server, j.unit, roundFor, into)
	}
	for spent := into.took + roundFor; into.took < spent; {
		if err := each(agents, func(_ int, a *agent) error { return j.before(a) }); err != nil {
			return err
		}
		if err := batch(agents, server, j, into); err != nil {
			return err
		}
	}
	return nil
}

// batch measures work that uses up what comes before it: many agents are made ready, then their units are measured together.
func batch(ready []*agent, server *child, j job, into *tally) error {
	const each_ = 40
	crowd := make([]*agent, 0, len(ready)*each_)
	for range each_ {
		crowd = append(crowd, ready...)
	}
	err := each(ready, func(i int, a *agent) error {
		for k := i; k < len(crowd); k += len(ready) {
			copied := *a
			fresh, err := newAgent(a.number, server)
			if err != nil {
				return err
			}
			copied.http = &http.Client{Jar: fresh.http.Jar, Transport: a.http.Transport, CheckRedirect: a.http.CheckRedirect}
			if err := prepared(&copied, j); err != nil {
				return err
			}
			crowd[k] = &copied
		}
		return nil
	})
	if err != nil {
		return err
	}
	return timedOnce(crowd, len(ready), server, j.unit, into)
}

func prepared(a *agent, j job) error {
	if j.prepare != nil {
		if err := j.prepare(a); err != nil {
			return err
		}
	}
	return j.before(a)
}

// each runs f for every agent at once.
func each(agents []*agent, f func(int, *agent) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(agents))
	for i, a := range agents {
		wg.Go(func() { errs[i] = f(i, a) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// timed repeats a unit on every connection for a while.
func timed(agents []*agent, server *child, unit func(*agent) error, d time.Duration, into *tally) error {
	return clocked(server, into, func() error {
		until := time.Now().Add(d)
		return gather(agents, into, func(a *agent, note func(time.Duration)) error {
			for began := time.Now(); began.Before(until); {
				if err := unit(a); err != nil {
					return err
				}
				now := time.Now()
				note(now.Sub(began))
				began = now
			}
			return nil
		})
	})
}

// timedOnce does the unit once for each of the crowd, on as many connections as lanes.
func timedOnce(crowd []*agent, lanes int, server *child, unit func(*agent) error, into *tally) error {
	return clocked(server, into, func() error {
		return gather(crowd[:lanes], into, func(first *agent, note func(time.Duration)) error {
			for k := 0; k < len(crowd); k++ {
				if crowd[k].number != first.number {
					continue
				}
				began := time.Now()
				if err := unit(crowd[k]); err != nil {
					return err
				}
				note(time.Since(began))
			}
			return nil
		})
	})
}

// clocked adds the wall time and the server's CPU time of f.
func clocked(server *child, into *tally, f func() error) error {
	before, err := server.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := f(); err != nil {
		return err
	}
	into.took += time.Since(began)
	after, err := server.cpu()
	if err != nil {
		return fmt.Errorf("read CPU time: %w", err)
	}
	into.cpu += after - before
	return nil
}

// gather collects the latencies of every connection.
func gather(agents []*agent, into *tally, f func(a *agent, note func(time.Duration)) error) error {
	var mu sync.Mutex
	return each(agents, func(_ int, a *agent) error {
		var mine []time.Duration
		err := f(a, func(d time.Duration) { mine = append(mine, d) })
		mu.Lock()
		defer mu.Unlock()
		into.latencies = append(into.latencies, mine...)
		return err
	})
}
