package main

import (
	"fmt"
	"strings"
	"time"

	"vigil/internal/admin"
)

type sessionCommand struct {
	List sessionList `cmd:"" help:"List the live sessions of a user."`
	End  sessionEnd  `cmd:"" help:"End all sessions of a user."`
}

type sessionList struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
	JSON     bool   `help:"Write JSON."`
}

// Run lists somebody's sessions.
func (c *sessionList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.Sessions(w, admin.Person{Environment: c.Environment, Username: c.Username})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(w, list)
		}
		rows := make([]string, len(list))
		for i, s := range list {
			rows[i] = strings.Join([]string{
				s.CreatedAt.Local().Format(time.DateTime), s.LastActivity.Local().Format(time.DateTime),
				s.Deadline.Local().Format(time.DateTime), s.Origin, realmOf(s), strings.Join(s.Applications, " "),
			}, "\t")
		}
		return table(w, "SINCE\tACTIVE\tENDS\tHOST\tREALM\tAPPLICATIONS", rows)
	})
}

// realmOf keeps the column of those that belong to no realm.
func realmOf(s admin.Session) string {
	if s.Realm == "" {
		return "-"
	}
	return s.Realm
}

type sessionEnd struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
}

// Run ends somebody's sessions.
func (c *sessionEnd) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		ended, err := o.EndSessions(w, admin.Person{Environment: c.Environment, Username: c.Username})
		if err == nil {
			fmt.Fprintf(w.out, "%s: %s.\n", c.Username, sessionsEnded(ended))
		}
		return err
	})
}
