package main

import (
	"fmt"
	"strings"
	"time"

	"vigil/internal/admin"
)

type userFactors struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
	JSON     bool   `help:"Write JSON."`
}

// Run lists what somebody proves themselves with.
func (c *userFactors) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.Factors(w, admin.Person{Environment: c.Environment, Username: c.Username})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(w, list)
		}
		rows := make([]string, len(list))
		for i, f := range list {
			used, who := "-", f.Name
			if !f.LastUsedAt.IsZero() {
				used = f.LastUsedAt.Local().Format(time.DateTime)
			}
			if f.Subject != "" {
				who = fmt.Sprintf("%s: %s at %s", f.Name, f.Subject, f.Issuer)
			}
			rows[i] = strings.Join([]string{f.Kind, f.CreatedAt.Local().Format(time.DateTime), used, f.ID, who}, "\t")
		}
		return table(w, "KIND\tSINCE\tUSED\tID\tNAME", rows)
	})
}

type userRemoveFactor struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
	ID       string `arg:"" help:"Which, as vigil user factors lists it."`
}

// Run takes a factor from somebody.
func (c *userRemoveFactor) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		ended, err := o.RemoveFactor(w, admin.FactorName{Person: admin.Person{Environment: c.Environment, Username: c.Username}, ID: c.ID})
		if err == nil {
			fmt.Fprintf(w.out, "%s is taken from %s; %s.\n", c.ID, c.Username, sessionsEnded(ended))
		}
		return err
	})
}
