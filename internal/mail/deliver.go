package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// job is a letter that is being sent.
type job struct {
	place place
	w     *waiting
	to    string // never told to operators
}

// deliver sends what is due of an environment, batch after batch.
func (o *Outbox) deliver(environmentID string) {
	for {
		jobs, err := o.take(environmentID)
		if err != nil && o.ctx.Err() == nil {
			o.Log.Error("letters not read", "environment", environmentID, "error", err)
		}
		if len(jobs) > 0 {
			o.send(environmentID, jobs)
		}
		if o.done(environmentID, err == nil && len(jobs) == batch) {
			return
		}
	}
}

// take leases what is due: for a minute nobody else tries it.
func (o *Outbox) take(environmentID string) (jobs []job, err error) {
	now := o.Now()
	err = o.KV.Update(o.ctx, func(tx kv.Tx) error {
		entries, err := tx.Scan(schema.Mail, nil, o.untilNow(), kv.MaxKeys)
		if err != nil {
			return err
		}
		var taken []job
		for _, e := range entries {
			p, w, err := read(e)
			if err != nil || w.EnvironmentID != environmentID || len(taken) == batch {
				continue
			}
			leased := placeOf(now.Add(lease), p.id())
			moved, err := move(tx, p, schema.Mail, leased, w)
			if err != nil {
				return err
			}
			if moved {
				taken = append(taken, job{place: leased, w: w})
			}
		}
		jobs = taken
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease letters: %w", err)
	}
	return jobs, nil
}

// send makes one attempt at each letter and keeps what came of it.
func (o *Outbox) send(environmentID string, jobs []job) {
	now := o.Now()
	problems := make([]error, len(jobs))
	var messages []Message
	var at []int
	for i, j := range jobs {
		c, err := o.open(j.place.id(), j.w)
		switch {
		case err != nil:
			problems[i] = final{err}
		case c.To == "": // nobody's
		case now.UnixMilli() > j.w.GoodUntil:
			problems[i] = final{errors.New("it is of no use any more: " + j.w.Problem)}
		default:
			jobs[i].to = c.To
			at = append(at, i)
			messages = append(messages, Message{ID: j.place.id().String(), To: c.To, Subject: c.Subject, Text: c.Text, Date: time.UnixMilli(j.w.Since)})
		}
	}
	if len(messages) > 0 {
		for k, err := range o.hand(environmentID, messages) {
			problems[at[k]] = err
		}
	}
	if o.ctx.Err() != nil {
		return // broken off, by us: what is leased is tried again
	}
	for i := range jobs {
		o.settle(jobs[i], problems[i])
	}
}

func (o *Outbox) hand(environmentID string, messages []Message) []error {
	environment := o.Tenants.Environment(environmentID)
	if environment == nil || environment.Mail == nil {
		problems := make([]error, len(messages))
		for i := range problems {
			problems[i] = final{ErrNoServer}
		}
		return problems
	}
	ctx, cancel := context.WithTimeout(o.ctx, sendTime)
	defer cancel()
	return o.Sender.Send(ctx, environment.Mail, messages)
}

// final marks a problem that another attempt would meet too.
type final struct{ error }

// settle writes what came of an attempt.
func (o *Outbox) settle(j job, problem error) {
	now, next := o.Now(), *j.w
	next.Attempts++
	until := now.Add(min(firstWait<<min(next.Attempts-1, 10), mostWait))
	log := o.Log.With("environment", j.w.EnvironmentID, "letter", j.place.id().String(), "attempts", next.Attempts)
	write := func(tx kv.Tx) error { return tx.Delete(schema.Mail, j.place[:]) }
	var isFinal final
	switch {
	case problem == nil:
	case errors.As(problem, &isFinal) || until.UnixMilli() > j.w.GoodUntil:
		next.Problem, next.Sealed = short(problem, j.to), nil
		log.Warn("letter not sent", "problem", next.Problem)
		write = func(tx kv.Tx) error {
			_, err := move(tx, j.place, schema.MailDead, placeOf(now.Add(deadFor), j.place.id()), &next)
			return err
		}
	default:
		next.Problem = short(problem, j.to)
		log.Warn("letter not sent yet", "problem", next.Problem, "again", until)
		write = func(tx kv.Tx) error {
			_, err := move(tx, j.place, schema.Mail, placeOf(until, j.place.id()), &next)
			return err
		}
	}
	if err := o.KV.Update(context.WithoutCancel(o.ctx), write); err != nil {
		log.Error("letter not settled", "error", err)
	}
}

// short keeps a problem to what fits on a line, without the address.
func short(problem error, to string) string {
	const most = 300
	text := problem.Error()
	if to != "" {
		text = strings.ReplaceAll(text, to, "…")
	}
	if len(text) > most {
		text = text[:most]
	}
	return text
}

// Undelivered is a letter that has not left, for operators. What is in it is not told.
type Undelivered struct {
	ID       string
	Dead     bool // nobody tries it any more
	Since    time.Time
	Attempts int
	Problem  string    // of the last attempt
	At       time.Time // of the next attempt; of a dead letter, when it died
}

// List gives letters of an environment, at most limit: those that are dead, then those that wait after an attempt that failed. It looks at the
// first thousand of each.
func List(r kv.Reader, environmentID string, limit int) (list []Undelivered, err error) {
	for _, b := range []kv.Bucket{schema.MailDead, schema.Mail} {
		entries, err := r.Scan(b, nil, nil, kv.MaxKeys)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			p, w, err := read(e)
			if err != nil {
				return nil, err
			}
			dead := b.Name == schema.MailDead.Name
			if w.EnvironmentID != environmentID || !dead && w.Attempts == 0 || len(list) == limit {
				continue
			}
			u := Undelivered{ID: p.id().String(), Dead: dead, Since: time.UnixMilli(w.Since), At: p.at(), Attempts: w.Attempts, Problem: w.Problem}
			if dead {
				u.At = u.At.Add(-deadFor)
			}
			list = append(list, u)
		}
	}
	return list, nil
}
