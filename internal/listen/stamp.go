package listen

import (
	"os"
	"slices"
	"time"

	"vigil/internal/certificate"
)

// stamp tells whether a file is still the one that was read. Zero: there is none.
type stamp struct {
	changed time.Time
	size    int64
}

// stampsOf looks at the files themselves, behind symbolic links: certbot moves those.
func stampsOf(pairs []certificate.Pair) []stamp {
	var all []stamp
	for _, p := range pairs {
		for _, file := range []string{p.Certificate, p.Key} {
			var s stamp
			if info, err := os.Stat(file); err == nil {
				s = stamp{info.ModTime(), info.Size()}
			}
			all = append(all, s)
		}
	}
	return all
}

func same(a, b []stamp) bool {
	return slices.EqualFunc(a, b, func(x, y stamp) bool { return x.changed.Equal(y.changed) && x.size == y.size })
}
