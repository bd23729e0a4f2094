package chromium

import (
	"strings"
	"testing"
)

func TestAMissingBrowserIsNamedTogetherWithItsRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := startProcess(); err == nil || !strings.Contains(err.Error(), "make deps") {
		t.Errorf("without Chromium: %v", err)
	}
}
