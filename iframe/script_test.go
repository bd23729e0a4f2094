package iframe_test

import (
	"testing"

	"vigil/internal/chromium"
)

func TestTheScriptPassesTheStrictTypeCheck(t *testing.T) {
	chromium.CheckTypes(t, "checksession.js")
}
