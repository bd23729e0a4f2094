package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"vigil/internal/admin"
	"vigil/internal/server"
)

type flowRecord struct {
	place
	Flow   string        `arg:"" optional:"" help:"The flow whose runs are to be written down."`
	Runs   int           `default:"10" help:"How many runs, at most 100."`
	For    time.Duration `default:"10m" help:"For how long runs that begin are written down, at most an hour."`
	User   string        `placeholder:"NAME" help:"Only runs of one user: a username or an e-mail address."`
	Stop   bool          `help:"Write no further runs down, of the flow or of any. Those in progress are recorded to their end."`
	Delete string        `placeholder:"ID" help:"Delete a recording, or all of the environment with --delete all."`
}

// Run orders recordings, ends orders, or deletes what was recorded.
func (c *flowRecord) Run(w *world) error {
	switch {
	case c.Delete != "" && (c.Stop || c.Flow != ""), c.Stop && c.User != "", c.Delete == "" && !c.Stop && c.Flow == "":
		fmt.Fprintln(w.err, "vigil: name a flow to record, or say --stop, or --delete with the id of a recording")
		return exit(exitMisused)
	}
	return with(w, &c.place, false, func(o admin.Operations) error {
		switch {
		case c.Delete != "":
			return c.remove(w, o)
		case c.Stop:
			stopped, err := o.StopRecording(w, admin.RecordingStop{Environment: c.Environment, Flow: c.Flow, By: operator()})
			if err == nil {
				fmt.Fprintf(w.out, "%s ended.\n", count(stopped.Orders, "order"))
			}
			return err
		}
		order, err := o.RecordFlow(w, admin.NewRecording{
			Environment: c.Environment, Flow: c.Flow, Runs: c.Runs, For: c.For, User: c.User, By: operator(),
		})
		if err == nil {
			fmt.Fprintln(w.out, orderSays(order)+" vigil flow recordings lists them.")
		}
		return err
	})
}

func (c *flowRecord) remove(w *world, o admin.Operations) error {
	name := admin.RecordingName{Environment: c.Environment, ID: c.Delete, By: operator()}
	if c.Delete == "all" {
		name.ID = ""
	}
	deleted, err := o.DeleteRecordings(w, name)
	if err == nil {
		fmt.Fprintf(w.out, "%s deleted.\n", count(deleted.Recordings, "recording"))
	}
	return err
}

func orderSays(o admin.RecordingOrder) string {
	whose := ""
	if o.Username != "" {
		whose = " of " + o.Username
	}
	return fmt.Sprintf("The next %s of %s%s that begin until %s are written down.", count(o.Left, "run"), o.Flow, whose, clock(o.Until))
}

// operator is who types, for the audit trail.
func operator() string {
	name := fmt.Sprintf("user %d", os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if behind := os.Getenv("SUDO_USER"); behind != "" {
		name += " for " + behind
	}
	return name
}

type flowRecordings struct {
	place
	JSON bool `help:"Write JSON."`
}

// Run lists recordings.
func (c *flowRecordings) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		list, err := o.Recordings(w, admin.Environment{Environment: c.Environment})
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(w, list)
		}
		var rows []string
		for _, r := range behindFirst(list.Recordings) {
			rows = append(rows, recordingRow(r))
		}
		if err := table(w, "RECORDING\tFLOW\tEDITION\tBEGAN\tENDED\tHOW\tUSER\tCLIENT\tEVENTS", rows); err != nil {
			return err
		}
		if len(list.Orders) > 0 {
			fmt.Fprintln(w.out)
		}
		for _, order := range list.Orders {
			fmt.Fprintln(w.out, orderSays(order))
		}
		return nil
	})
}

// behindFirst puts runs behind links below the runs that made them.
func behindFirst(all []admin.Recording) (sorted []admin.Recording) {
	there := map[string]bool{}
	for i := range all {
		there[all[i].ID] = true
	}
	for i := range all {
		if there[all[i].First] {
			continue
		}
		sorted = append(sorted, all[i])
		for j := len(all) - 1; j >= 0; j-- {
			if all[j].First == all[i].ID {
				sorted = append(sorted, all[j])
			}
		}
	}
	return sorted
}

func recordingRow(r admin.Recording) string {
	flow, ended, how, events := r.Flow, "-", r.Ending, fmt.Sprint(r.Events)
	if r.First != "" {
		flow = "└ " + flow
	}
	if !r.EndedAt.IsZero() {
		ended = clock(r.EndedAt)
	}
	switch how {
	case "":
		how = "at " + r.Node
	case "left":
		how = "left at " + r.Node
	case "signedOff":
		how = "signed off"
	}
	if r.Full {
		events += ", cut"
	}
	return strings.Join([]string{
		r.ID, flow, r.Hash[:min(len(r.Hash), shortHash)], clock(r.StartedAt), ended, how, orDash(r.Username), orDash(r.ClientID), events,
	}, "\t")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// records takes orders for the server of this process.
type records struct{ server *server.Server }

// Record implements admin.Recorder.
func (r records) Record(o admin.RecordingOrder) error {
	err := r.server.RecordFlow(server.FlowOrder{
		EnvironmentID: o.Environment, Flow: o.Flow, Left: o.Left, Until: o.Until, UserID: o.UserID, Username: o.Username, Email: o.Email,
	})
	switch {
	case errors.Is(err, server.ErrNoFlow):
		return &admin.Error{Code: admin.CodeNotFound, Message: fmt.Sprintf("no flow %q serves", o.Flow)}
	case err != nil:
		return &admin.Error{Code: admin.CodeInvalid, Message: fmt.Sprintf("flow %q: %v", o.Flow, err)}
	}
	return nil
}

// StopRecording implements admin.Recorder.
func (r records) StopRecording(environment, flow string) int {
	return r.server.StopRecording(environment, flow)
}

// RecordingOrders implements admin.Recorder.
func (r records) RecordingOrders(environment string) (list []admin.RecordingOrder) {
	for _, o := range r.server.FlowOrders(environment) {
		list = append(list, admin.RecordingOrder{
			Environment: o.EnvironmentID, Flow: o.Flow, Left: o.Left, Until: o.Until, UserID: o.UserID, Username: o.Username, Email: o.Email,
		})
	}
	return list
}
