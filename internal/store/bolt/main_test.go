package bolt

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain becomes the process that TestKillNine kills when it is asked to. Otherwise it runs the tests, none of which may leave
// a goroutine behind.
func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		beVictim(path)
		return
	}
	goleak.VerifyTestMain(m)
}
