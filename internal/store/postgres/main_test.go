package postgres

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"vigil/internal/fixture"
)

// shared is the server of all tests that do not kill it.
var shared *fixture.Postgres

// TestMain becomes the process that TestKillNine kills when it is asked to. Otherwise it runs the tests beside one server, none of which may
// leave a goroutine behind.
func TestMain(m *testing.M) {
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	var err error
	if shared, err = fixture.StartPostgres(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
