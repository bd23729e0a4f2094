package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/internal/admin"
)

type flowStatus struct {
	place
	JSON bool `help:"Write JSON."`
}

// Run shows how the flows do that a server serves.
func (c *flowStatus) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		status, err := o.FlowStatus(w, admin.Environment{Environment: c.Environment})
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(w, status)
		}
		rows := make([]string, len(status.Editions))
		for i := range status.Editions {
			rows[i] = editionRow(&status.Editions[i])
		}
		if err := table(w, "FLOW\tEDITION\tSERVES\tBEGUN\tSILENT\tSUCCESS\tREFUSED\tFAULT\tTIMED OUT\tRATE\tLEFT AT\tFAILED AT", rows); err != nil {
			return err
		}
		if len(status.Policies) > 0 {
			fmt.Fprintln(w.out)
			if err := table(w, "POLICY\tFLOW\tWEIGHT\tFAILURES\tTAKEN BACK", policyRows(status.Policies)); err != nil {
				return err
			}
		}
		if r := status.Refused; r != nil {
			fmt.Fprintf(w.out, "\nThe folder was refused at %s, and the flows of before go on:\n", clock(r.At))
			for _, m := range r.Mistakes {
				fmt.Fprintf(w.out, "  %s\n", m)
			}
		}
		return nil
	})
}

func editionRow(e *admin.FlowEdition) string {
	serves, rate := "no more", "-"
	if !e.Since.IsZero() {
		serves = "since " + clock(e.Since)
	}
	if e.SuccessRate != nil {
		rate = fmt.Sprintf("%.0f %%", 100**e.SuccessRate)
	}
	row := []string{e.Flow, e.Hash[:min(len(e.Hash), shortHash)], serves}
	for _, n := range []int{e.Begun, e.Silent, e.Success, e.Refused, e.Fault, e.TimedOut} {
		row = append(row, strconv.Itoa(n))
	}
	return strings.Join(append(row, rate, places(e.LeftAt), places(e.FailedAt)), "\t")
}

// shortHash tells editions of a flow apart.
const shortHash = 8

func policyRows(policies []admin.FlowPolicy) (rows []string) {
	for _, p := range policies {
		for _, s := range p.Shares {
			back := "-"
			if s.TakenBack != nil {
				back = fmt.Sprintf("%s after %d failures of %d", clock(s.TakenBack.At), s.TakenBack.Failures, s.TakenBack.Runs)
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d of %d\t%s", p.Name, s.Flow, s.Weight, s.Failures, s.Runs, back))
		}
	}
	return rows
}

// places lists nodes with their counts, the most frequent first.
func places(counts map[string]int) string {
	if len(counts) == 0 {
		return "-"
	}
	nodes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, n := range nodes {
		nodes[i] = fmt.Sprintf("%s %d", n, counts[n])
	}
	return strings.Join(nodes, ", ")
}

func clock(at time.Time) string { return at.Local().Format(time.DateTime) }

type flowRestore struct {
	place
	Policy string `arg:"" help:"The policy."`
	Flow   string `arg:"" help:"The flow that was taken back from it."`
}

// Run lets a flow be chosen again.
func (c *flowRestore) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		_, err := o.RestoreFlow(w, admin.FlowShare{Environment: c.Environment, Policy: c.Policy, Flow: c.Flow})
		if err == nil {
			fmt.Fprintf(w.out, "%s gives %s to people again.\n", c.Policy, c.Flow)
		}
		return err
	})
}
