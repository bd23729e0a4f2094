package main

import (
	"encoding/json"
	"strings"
	"time"

	"vigil/internal/admin"
)

type auditCommands struct {
	List auditList `cmd:"" help:"List what flows recorded, the oldest first."`
}

type auditList struct {
	place
	Since time.Duration `default:"24h" help:"How far back, such as 90m or 720h. Lines are kept for 90 days."`
	User  string        `placeholder:"NAME" help:"Only what is about one user: a username, an e-mail address or an id."`
	Event string        `help:"Only one kind of event."`
	JSON  bool          `help:"Write JSON, one line each."`
}

// Run lists a stretch of the audit trail.
func (c *auditList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		var rows []string
		encoder := json.NewEncoder(w.out)
		query := admin.AuditQuery{Environment: c.Environment, Since: time.Now().Add(-c.Since), Username: c.User, Event: c.Event}
		for {
			part, err := o.Audit(w, query)
			if err != nil {
				return err
			}
			for _, line := range part.Lines {
				if c.JSON {
					if err := encoder.Encode(line); err != nil {
						return err
					}
					continue
				}
				rows = append(rows, strings.Join([]string{
					line.At.Local().Format(time.DateTime), line.Event, line.UserID, line.ClientID, line.Address, line.Flow + "/" + line.Node, line.Text,
				}, "\t"))
			}
			if query.After = part.Next; query.After == "" {
				break
			}
		}
		if c.JSON {
			return nil
		}
		return table(w, "AT\tEVENT\tUSER\tCLIENT\tFROM\tFLOW\tTEXT", rows)
	})
}
