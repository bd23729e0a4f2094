package builtin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/netip"
	"time"

	"vigil/engine/connector"
)

// Habits keeps where and with what people sign on.
type Habits interface {
	// Of gives somebody's. The zero value: nothing is known.
	Of(ctx context.Context, environmentID, userID string) (Habit, error)
	// Change makes of a habit what change makes of it, at once. It may be called several times, and only its last call counts.
	Change(ctx context.Context, environmentID, userID string, change func(*Habit)) error
	// Failures counts the wrong guesses that came from an address lately, whoever they were about.
	Failures(ctx context.Context, environmentID, address string) (int, error)
}

// Habit is where and with what somebody signed on, the latest last.
type Habit struct {
	Networks, Browsers []Sight
	SignOns            []time.Time
}

// Sight is a network or a browser, as a digest that is worth something for one person only, and when it was seen last.
type Sight struct {
	Digest []byte
	At     time.Time
}

const (
	maxSights  = 20
	maxSignOns = 50
	sightLife  = 90 * 24 * time.Hour // what was not seen for so long is new again
)

func riskEvaluate(habits Habits) connector.Capability {
	return connector.Capability{
		Name:   "risk.evaluate",
		Reads:  true,
		Doc:    "Tells how usual a sign-on is. It judges by what risk.learn kept, so a flow that evaluates also learns. Where nothing was learned, everything is new.",
		Inputs: []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "Who signs on."}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It is judged.", Outputs: []connector.Field{
			{Name: "newDevice", Type: required(connector.Bool), Doc: "The person was not seen with this kind of browser within 90 days."},
			{Name: "newAddress", Type: required(connector.Bool), Doc: "The person was not seen in this network within 90 days."},
			{Name: "signOns", Type: required(connector.Number), Doc: "How often the person signed on within the last hour."},
			{Name: "networks", Type: required(connector.Number), Doc: "From how many networks the person signed on within the last day."},
			{Name: "failures", Type: required(connector.Number), Doc: "How many wrong guesses came from this address lately, whoever they were about."},
			{Name: "first", Type: required(connector.Bool), Doc: "Nothing was learned of the person yet."},
		}}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if habits == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			habit, err := habits.Of(ctx, call.EnvironmentID, account.ID)
			if err != nil {
				return connector.Result{}, err
			}
			failures, err := habits.Failures(ctx, call.EnvironmentID, call.Request.IP)
			if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: "done", Output: map[string]any{
				"newDevice":  !seen(habit.Browsers, browserDigest(account.ID, call.Request), call.Now),
				"newAddress": !seen(habit.Networks, networkDigest(account.ID, call.Request.IP), call.Now),
				"signOns":    since(habit.SignOns, call.Now.Add(-time.Hour)), "networks": recent(habit.Networks, call.Now.Add(-24*time.Hour)),
				"failures": float64(failures), "first": len(habit.SignOns) == 0,
			}}, nil
		},
	}
}

func riskLearn(habits Habits) connector.Capability {
	return connector.Capability{
		Name:     "risk.learn",
		Doc:      "Keeps that somebody signs on here and with this, for risk.evaluate. Networks and browsers are kept as digests, 20 of each.",
		Inputs:   []connector.Field{{Name: "user", Type: required(connector.User), Doc: "Who signs on."}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It is kept."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if habits == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			return connector.Result{Outcome: "done"}, habits.Change(ctx, call.EnvironmentID, user.ID, func(h *Habit) {
				h.Networks = saw(h.Networks, networkDigest(user.ID, call.Request.IP), call.Now)
				h.Browsers = saw(h.Browsers, browserDigest(user.ID, call.Request), call.Now)
				h.SignOns = append(h.SignOns, call.Now)
				h.SignOns = h.SignOns[max(0, len(h.SignOns)-maxSignOns):]
			})
		},
	}
}

// networkDigest stands for the network of an address: what one household or office has.
func networkDigest(userID, address string) []byte {
	network := address
	if ip, err := netip.ParseAddr(address); err == nil {
		ip = ip.Unmap().WithZone("")
		bits := 24
		if ip.Is6() {
			bits = 48 // RFC 6177 2: what one site is given at most
		}
		if prefix, err := ip.Prefix(bits); err == nil {
			network = prefix.String()
		}
	}
	return digestOf(userID, "network", network)
}

// browserDigest stands for a browser without its version, which changes every month.
func browserDigest(userID string, request connector.Request) []byte {
	return digestOf(userID, "browser", request.Browser.Name, request.Browser.Platform, request.Language)
}

func digestOf(parts ...string) []byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

func seen(sights []Sight, digest []byte, now time.Time) bool {
	for _, s := range sights {
		if bytes.Equal(s.Digest, digest) {
			return now.Sub(s.At) <= sightLife
		}
	}
	return false
}

// saw puts a sight last, and forgets what is too old or too much.
func saw(sights []Sight, digest []byte, now time.Time) []Sight {
	kept := make([]Sight, 0, maxSights)
	for _, s := range sights {
		if !bytes.Equal(s.Digest, digest) && now.Sub(s.At) <= sightLife {
			kept = append(kept, s)
		}
	}
	kept = append(kept, Sight{digest, now})
	return kept[max(0, len(kept)-maxSights):]
}

func since(times []time.Time, from time.Time) float64 {
	count := 0.0
	for _, t := range times {
		if !t.Before(from) {
			count++
		}
	}
	return count
}

func recent(sights []Sight, from time.Time) float64 {
	count := 0.0
	for _, s := range sights {
		if !s.At.Before(from) {
			count++
		}
	}
	return count
}
