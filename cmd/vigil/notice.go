package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/internal/admin"
)

type noticeCommands struct {
	List   noticeList   `cmd:"" help:"List what applications were not told: dead letters, and what is tried again."`
	Replay noticeReplay `cmd:"" help:"Try dead letters again, for a day from now."`
}

type noticeList struct {
	place
	Limit int  `default:"100" help:"How many, 1 to 1000."`
	JSON  bool `help:"Write JSON."`
}

// Run lists the news of ended sessions that did not reach their application.
func (c *noticeList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.Notices(w, admin.NoticeList{Environment: c.Environment, Limit: c.Limit})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(w, list)
		}
		rows := make([]string, len(list))
		for i, n := range list {
			state := "next " + n.At.Local().Format(time.DateTime)
			if n.Dead {
				state = "dead " + n.At.Local().Format(time.DateTime)
			}
			rows[i] = strings.Join([]string{n.ID, n.ClientID, n.Reason + " " + n.EndedAt.Local().Format(time.DateTime), strconv.Itoa(n.Attempts), state, n.Problem}, "\t")
		}
		return table(w, "ID\tCLIENT\tSESSION\tATTEMPTS\tSTATE\tPROBLEM", rows)
	})
}

type noticeReplay struct {
	place
	ID     string `arg:"" optional:"" help:"One dead letter."`
	All    bool   `help:"All dead letters."`
	Client string `placeholder:"ID" help:"All dead letters of one application."`
}

// Run lets dead letters be tried again. A server that runs does so within a second, another one when it starts.
func (c *noticeReplay) Run(w *world) error {
	if (c.ID == "") == (!c.All && c.Client == "") {
		return errors.New("name one dead letter, or an application with --client, or say --all")
	}
	return with(w, &c.place, false, func(o admin.Operations) error {
		replayed, err := o.ReplayNotices(w, admin.Replay{Environment: c.Environment, ID: c.ID, ClientID: c.Client})
		if err == nil {
			fmt.Fprintf(w.out, "To be tried again: %d.\n", replayed.Notices)
		}
		return err
	})
}
