package iframe_test

import (
	"testing"

	"vigil/internal/chromium"
)

func TestTheScriptsPassTheStrictTypeCheck(t *testing.T) {
	chromium.CheckTypes(t, "stream.js", "checksession.js")
}
