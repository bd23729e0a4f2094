package main

import (
	"strings"
	"time"

	"vigil/internal/admin"
)

type keysCommands struct {
	List   keysList   `cmd:"" help:"List the signing keys of an environment."`
	Rotate keysRotate `cmd:"" help:"Let the next keys sign and retire those that signed."`
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
	JSON bool `help:"Write JSON."`
}

// Run rotates the keys.
func (c *keysRotate) Run(w *world) error {
	return with(w, &c.place, true, func(o admin.Operations) error {
		list, err := o.RotateKeys(w, admin.Environment{Environment: c.Environment})
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
		until := ""
		if !k.Until.IsZero() {
			until = "accepted until " + k.Until.Local().Format(time.DateTime)
		}
		rows[i] = strings.Join([]string{k.State, k.Alg, k.Created.Local().Format(time.DateTime), k.ID, until}, "\t")
	}
	return table(w, "STATE\tALG\tCREATED\tKID\t", rows)
}
