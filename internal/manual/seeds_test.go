package manual

import "testing"

// seeds is the part of the page about the documents that applications were written for.
func seeds(t *testing.T) string {
	t.Helper()
	return ""
}
