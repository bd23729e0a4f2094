package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/internal/admin"
)

type clientCommands struct {
	List   clientList   `cmd:"" help:"List the applications that registered themselves."`
	Delete clientDelete `cmd:"" help:"Take one of them out of service, with all it was given."`
	Token  clientToken  `cmd:"" help:"Make a token with which applications register themselves."`
	Tokens clientTokens `cmd:"" help:"List such tokens, without what they are."`
	Revoke clientRevoke `cmd:"" help:"Take such a token back."`
}

type clientList struct {
	place
	JSON bool `help:"Write JSON, with all that is registered."`
}

// Run lists all of them.
func (c *clientList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		const page = 500
		clients := []admin.RegisteredClient{}
		for after := ""; ; {
			found, err := o.Clients(w, admin.Page{Environment: c.Environment, After: after, Limit: page})
			if err != nil {
				return err
			}
			clients = append(clients, found.Clients...)
			if after = found.Next; after == "" {
				break
			}
		}
		if c.JSON {
			return printJSON(w, clients)
		}
		rows := make([]string, len(clients))
		for i, r := range clients {
			rows[i] = strings.Join([]string{r.ID, strconv.Quote(r.Name), r.Through, r.IssuedAt.Local().Format(time.DateTime), r.ChangedAt.Local().Format(time.DateTime)}, "\t")
		}
		return table(w, "CLIENT\tNAME\tTOKEN\tREGISTERED\tCHANGED", rows)
	})
}

type clientDelete struct {
	place
	Client string `arg:"" help:"The client id."`
}

// Run takes an application out of service.
func (c *clientDelete) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		_, err := o.DeleteClient(w, admin.ClientName{Environment: c.Environment, ID: c.Client})
		if err == nil {
			fmt.Fprintf(w.out, "%s is gone.\n", c.Client)
		}
		return err
	})
}

type clientToken struct {
	place
	Name string        `arg:"" help:"Whom it is for; the list of applications shows it."`
	For  time.Duration `default:"24h" help:"How long it is good, such as 15m or 720h."`
	Uses int           `default:"1" help:"How many applications may register with it; 0 for any number."`
	JSON bool          `help:"Write JSON."`
}

// Run makes a token. It is shown this once.
func (c *clientToken) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		t, err := o.MintClientToken(w, admin.NewClientToken{Environment: c.Environment, Name: c.Name, Lifetime: c.For, Uses: c.Uses})
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(w, t)
		}
		fmt.Fprintln(w.out, t.Token)
		return nil
	})
}

type clientTokens struct {
	place
	JSON bool `help:"Write JSON."`
}

// Run lists tokens.
func (c *clientTokens) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.ClientTokens(w, admin.Environment{Environment: c.Environment})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(w, list)
		}
		rows := make([]string, len(list))
		for i, t := range list {
			left := strconv.Itoa(t.Left)
			if t.Left < 0 {
				left = "any"
			}
			rows[i] = strings.Join([]string{t.ID, t.Name, left, t.CreatedAt.Local().Format(time.DateTime), t.Expires.Local().Format(time.DateTime)}, "\t")
		}
		return table(w, "ID\tNAME\tLEFT\tMADE\tEXPIRES", rows)
	})
}

type clientRevoke struct {
	place
	ID string `arg:"" help:"The token's id, as the list shows it."`
}

// Run takes a token back.
func (c *clientRevoke) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		_, err := o.RevokeClientToken(w, admin.ClientName{Environment: c.Environment, ID: c.ID})
		if err == nil {
			fmt.Fprintf(w.out, "%s lets nobody in any more.\n", c.ID)
		}
		return err
	})
}
