package main

import (
	"strconv"
	"strings"
	"time"

	"vigil/internal/admin"
)

type mailCommands struct {
	List mailList `cmd:"" help:"List the e-mails that did not leave: those given up, and what is tried again."`
}

type mailList struct {
	place
	Limit int  `default:"100" help:"How many, 1 to 1000."`
	JSON  bool `help:"Write JSON."`
}

// Run lists the e-mails that did not leave.
func (c *mailList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.Letters(w, admin.NoticeList{Environment: c.Environment, Limit: c.Limit})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(w, list)
		}
		rows := make([]string, len(list))
		for i, l := range list {
			state := "next " + l.At.Local().Format(time.DateTime)
			if l.Dead {
				state = "given up " + l.At.Local().Format(time.DateTime)
			}
			rows[i] = strings.Join([]string{l.ID, l.Since.Local().Format(time.DateTime), strconv.Itoa(l.Attempts), state, l.Problem}, "\t")
		}
		return table(w, "ID\tSINCE\tATTEMPTS\tSTATE\tPROBLEM", rows)
	})
}
