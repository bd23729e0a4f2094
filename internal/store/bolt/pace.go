package bolt

import "time"

// maxPatience bounds what a group waits for those who are expected, whatever its disk takes.
const maxPatience = time.Millisecond

// pace tells a group whom to expect. Callers who write again and again fall into step with the commits: some are answered while others wait, and
// each then pays for a commit of half of them. A group that waits a moment for those who were just answered commits for all of them at once.
type pace struct {
	expected int           // members of the last group, and who waited when it ended
	patience time.Duration // for those who are expected
}

// ended learns from a group: how many it answered, how many came meanwhile, and how long its commit took.
//
// Half of a commit is the bound, because whoever comes later than that is better off in the next group.
func (p *pace) ended(members, waiting int, took time.Duration) {
	p.expected = members + waiting
	p.patience = min(took/2, maxPatience)
}

// wait is how long a group of so many members may still wait for more. Zero: it commits.
func (p *pace) wait(members int, since time.Duration) time.Duration {
	if members >= p.expected {
		return 0
	}
	return max(0, p.patience-since)
}
