package bolt

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain becomes a process that TestKillNine kills when it is asked to. Otherwise it runs the tests, none of which may leave
// a goroutine behind.
func TestMain(m *testing.M) {
	for _, role := range []string{victimEnv, walkerEnv} {
		if path := os.Getenv(role); path != "" {
			beVictim(path, role == walkerEnv)
			return
		}
	}
	goleak.VerifyTestMain(m)
}
