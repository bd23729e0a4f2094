package bolt

import (
	"testing"
	"time"
)

func TestAGroupWaitsForThoseWhoWereJustAnswered(t *testing.T) {
	const commit = 400 * time.Microsecond
	var p pace
	steps := []struct {
		what             string
		members, waiting int           // of the group before
		took             time.Duration // of its commit
		now              int           // members of the present group
		since            time.Duration // that it has waited
		want             time.Duration
	}{
		{"somebody alone never waits", 1, 0, commit, 1, 0, 0},
		{"one of eight waits for the seven who were just answered", 7, 1, commit, 1, 0, commit / 2},
		{"what has passed is taken off", 7, 1, commit, 5, commit / 8, commit/2 - commit/8},
		{"seven of eight wait for the one who had waited", 7, 1, commit, 7, 0, commit / 2},
		{"all eight are there", 7, 1, commit, 8, commit / 8, 0},
		{"those who stay away cost half a commit", 7, 1, commit, 5, commit, 0},
		{"and are not expected again", 5, 0, commit, 5, 0, 0},
		{"a slow disk does not make it patient", 7, 1, time.Minute, 1, 0, maxPatience},
	}
	for _, s := range steps {
		p.ended(s.members, s.waiting, s.took)
		if got := p.wait(s.now, s.since); got != s.want {
			t.Errorf("%s: it waits %v, want %v", s.what, got, s.want)
		}
	}
}
