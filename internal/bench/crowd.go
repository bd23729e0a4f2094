package main

import (
	"fmt"
	"net/http"
)

// crowd begins many sign-ons, all waiting at their page at once, and prints what memory they cost. The server is a new one: another has memory left
// over from earlier work, in which they would hide.
func crowd() error {
	const runs, target = 10_000, 200
	server, err := start(roleVigil)
	if err != nil {
		return err
	}
	defer server.stop()
	before := server.status("RssAnon:")
	agents := make([]*agent, connections)
	err = each(agents, func(i int, _ *agent) error {
		first, err := newAgent(i, server)
		if err != nil {
			return err
		}
		for range runs / connections {
			a, err := newAgent(i, server)
			if err != nil {
				return err
			}
			a.http = &http.Client{Jar: a.http.Jar, Transport: first.http.Transport, CheckRedirect: a.http.CheckRedirect}
			if err := a.open(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("many runs: %w", err)
	}
	fmt.Printf("%d runs at a page: %d MB more (target %d), %d MB in all\n", runs, server.status("RssAnon:")-before, target, server.status("VmRSS:"))
	return nil
}
