package main

import (
	"strings"
	"time"

	"vigil/internal/admin"
)

type keysCommands struct {
	List   keysList   `cmd:"" help:"List the signing keys of an environment."`
	Rotate keysRotate `cmd:"" help:"Let new keys sign, as soon as everybody can know them."`
}

type keysList struct {
	place
	JSON bool `help:"Write JSON."`
}

// Run lists the keys: what signs, what will, and what is still accepted.
func (c *keysList) Run(w *world) error {
	return with(w, &c.place, true, func(o admin.Operations) error {
		list, err := o.Keys(w, admin.Environment{Environment: c.Environment})
		if err != nil {
			return err
		}
		return showKeys(w, list, c.JSON)
	})
}

type keysRotate struct {
	place
	Now  bool `help:"For stolen keys: fresh ones sign at once, and nothing that was signed before is accepted any more."`
	JSON bool `help:"Write JSON."`
}

// Run rotates the keys.
func (c *keysRotate) Run(w *world) error {
	return with(w, &c.place, true, func(o admin.Operations) error {
		list, err := o.RotateKeys(w, admin.Rotation{Environment: c.Environment, Now: c.Now})
		if err != nil {
			return err
		}
		return showKeys(w, list, c.JSON)
	})
}

func showKeys(w *world, list []admin.Key, asJSON bool) error {
	if asJSON {
		return printJSON(w, list)
	}
	rows := make([]string, len(list))
	for i, k := range list {
		rows[i] = strings.Join([]string{k.State, k.Alg, k.Created.Local().Format(time.DateTime), k.ID, keyTime(k)}, "\t")
	}
	return table(w, "STATE\tALG\tPUBLISHED\tKID\tWHEN", rows)
}

// keyTime says when the state of a key began or will end.
func keyTime(k admin.Key) string {
	at := func(words string, t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return words + " " + t.Local().Format(time.DateTime)
	}
	switch {
	case !k.Until.IsZero():
		return at("accepted until", k.Until)
	case k.State == "next":
		return at("from", k.From)
	}
	return at("since", k.From)
}
