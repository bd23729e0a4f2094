package notice

import (
	"context"
	"time"

	"vigil/internal/clientkeys"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// run makes one attempt and lets the next of the lane follow.
func (d *Dispatcher) run(name laneName, j *job) {
	a, tried := d.attempt(name, j)
	now := d.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[name]
	l.running--
	if tried {
		l.note(a, now)
	}
	j.arrived = a.arrived
	d.release(j)
	if l.failures >= tolerated {
		if expired := l.takeExpired(now); len(expired) > 0 {
			d.work.Go(func() { d.buryAll(expired, l.problem) })
		}
	}
	d.pump(name, l)
}

// release lets go of a notice. The lock is held.
func (d *Dispatcher) release(j *job) {
	delete(d.claimed, j.key.ID())
	close(j.done)
}

// attempt sends a notice once and keeps what came of it. Not tried: there is nothing to be learned about the application.
func (d *Dispatcher) attempt(name laneName, j *job) (a answer, tried bool) {
	n, err := d.take(j)
	if err != nil {
		d.trouble(name, j, err)
		return answer{}, false
	}
	if n == nil { // it was delivered a moment ago, or another server has it in hand
		return answer{arrived: !d.Shared}, false
	}
	a, tried = d.deliver(n)
	if d.ctx.Err() != nil && !a.arrived {
		d.giveBack(name, j, n)
		return answer{}, false // broken off, by us
	}
	if err := d.keep(j.key, n, a); err != nil {
		d.trouble(name, j, err)
	}
	return a, tried
}

// lease is how long an attempt keeps other servers from the notice; attempts end before that.
const lease = 3 * attemptTimeout

// take reads a notice before an attempt. On a shared store it lets the notice wait beyond the attempt first, so that of several servers one makes it.
func (d *Dispatcher) take(j *job) (n *store.Notice, err error) {
	if !d.Shared {
		err = d.KV.View(d.ctx, func(r kv.Reader) (err error) {
			n, err = store.FindNotice(r, j.key)
			return err
		})
		return n, err
	}
	until := d.Now().Add(lease)
	err = d.KV.Update(d.ctx, func(tx kv.Tx) (err error) {
		if n, err = store.FindNotice(tx, j.key); err != nil || n == nil {
			return err
		}
		return store.Postpone(tx, j.key, n, until)
	})
	if err != nil || n == nil {
		return nil, err
	}
	j.key = n.Key(until)
	return n, nil
}

// giveBack lets other servers try at once what this one broke off.
func (d *Dispatcher) giveBack(name laneName, j *job, n *store.Notice) {
	if !d.Shared {
		return
	}
	now := d.Now()
	if err := d.KV.Update(context.WithoutCancel(d.ctx), func(tx kv.Tx) error { return store.Postpone(tx, j.key, n, now) }); err != nil {
		d.trouble(name, j, err)
	}
}

// deliver finds out where the notice goes today and sends it there.
func (d *Dispatcher) deliver(n *store.Notice) (a answer, tried bool) {
	environment := d.Tenants.Environment(n.EnvironmentID)
	if environment == nil {
		return answer{final: true, problem: "its environment is gone"}, false
	}
	app, ring := environment.Application(n.ClientID), d.Keys.Ring(n.EnvironmentID)
	if app == nil || app.BackchannelLogoutURI == "" || ring == nil {
		return answer{final: true, problem: "the application has no back-channel logout address any more"}, false
	}
	signed, err := token(ring, app, n, d.Subject(app, n.EnvironmentID, n.UserID), d.Now())
	if wanted := app.Encryptions.IDToken; err == nil && wanted.Wanted() {
		// OIDC Back-Channel Logout 2.4, 2.6: encrypted as the application's ID tokens are; unencrypted it would be refused.
		signed, err = d.Recipients.Encrypt(d.ctx, app, wanted, []byte(signed), clientkeys.Nested)
	}
	if err != nil {
		return answer{problem: err.Error()}, false
	}
	return d.Sender.send(d.ctx, reachOf(environment.AllowPrivateLogoutAddresses, n.Issuer), app.BackchannelLogoutURI, signed), true
}

// keep writes what came of an attempt: done with, to be tried again, or a dead letter. It is written even while the server stops.
func (d *Dispatcher) keep(k store.NoticeKey, n *store.Notice, a answer) error {
	now, next := d.Now(), *n
	next.Attempts, next.Problem = n.Attempts+1, a.problem
	until := now.Add(max(wait(n.ID, next.Attempts), a.after))
	log := d.Log.With("environment", n.EnvironmentID, "client", n.ClientID, "notice", n.ID.String(), "attempts", next.Attempts)
	write := func(tx kv.Tx) error { return store.Postpone(tx, k, &next, until) }
	switch {
	case a.arrived:
		log.Info("application told")
		write = func(tx kv.Tx) error { return store.Delivered(tx, k) }
	case a.final || until.Sub(n.Since) > giveUp:
		log.Warn("application not told", "problem", a.problem)
		write = func(tx kv.Tx) error { return store.Bury(tx, k, &next, now) }
	default:
		log.Info("application not told yet", "problem", a.problem, "again", until)
	}
	return d.KV.Update(context.WithoutCancel(d.ctx), write)
}

// trouble says that the store failed. The notice stays due.
func (d *Dispatcher) trouble(name laneName, j *job, err error) {
	if d.ctx.Err() == nil {
		d.Log.Error("notice not settled", "environment", name.environmentID, "client", name.clientID, "notice", j.key.ID().String(), "error", err)
	}
}

// atOnce is how many notices one transaction buries.
const atOnce = 200

// buryAll gives up notices of an application that was dead for all their time.
func (d *Dispatcher) buryAll(expired []*job, problem string) {
	for len(expired) > 0 {
		batch := expired[:min(len(expired), atOnce)]
		expired = expired[len(batch):]
		now := d.Now()
		err := d.KV.Update(context.WithoutCancel(d.ctx), func(tx kv.Tx) error { return buryBatch(tx, batch, problem, now) })
		if err != nil {
			d.Log.Error("notices not given up", "error", err)
		}
		d.mu.Lock()
		for _, j := range batch {
			d.release(j)
		}
		d.mu.Unlock()
	}
}

func buryBatch(tx kv.Tx, batch []*job, problem string, now time.Time) error {
	for _, j := range batch {
		n, err := store.FindNotice(tx, j.key)
		if err != nil {
			return err
		}
		if n == nil {
			continue
		}
		if n.Problem == "" {
			n.Problem = problem
		}
		if err := store.Bury(tx, j.key, n, now); err != nil {
			return err
		}
	}
	return nil
}
