package main

import (
	"fmt"

	"vigil/internal/admin"
)

type userSetEmail struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
	Email    string `arg:"" optional:"" help:"The address. Left out: none."`
	Verified bool   `help:"You know that mail to it reaches the user."`
}

// Run enters somebody's address.
func (c *userSetEmail) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		u, err := o.SetEmail(w, admin.Email{Person: admin.Person{Environment: c.Environment, Username: c.Username}, Email: c.Email, Verified: c.Verified})
		switch {
		case err != nil:
		case u.Email == "":
			fmt.Fprintf(w.out, "%s has no e-mail address.\n", u.Username)
		case u.EmailVerified:
			fmt.Fprintf(w.out, "%s has the address %s, which is verified.\n", u.Username, u.Email)
		default:
			fmt.Fprintf(w.out, "%s has the address %s.\n", u.Username, u.Email)
		}
		return err
	})
}
