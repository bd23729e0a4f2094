package listen_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil/internal/certificate"
	"vigil/internal/fixture"
	"vigil/internal/listen"
)

func TestChangedFilesThatLeaveAHostWithoutAGoodCertificateAreNotServed(t *testing.T) {
	a := fixture.NewAuthority(t)
	for what, change := range map[string]func(folder string){
		"one for another host": func(folder string) { issue(a, folder, "one", year, "sso.example.net") },
		"one that ended":       func(folder string) { issue(a, folder, "one", -time.Hour, "sso.example.com") },
	} {
		t.Run(what, func(t *testing.T) {
			folder := t.TempDir()
			pairs := []certificate.Pair{issue(a, folder, "one", year, "sso.example.com"), issue(a, folder, "two", year, "sso.example.org")}
			h := open(t, a, listen.Options{Pairs: pairs, Names: []string{"sso.example.com", "sso.example.org"}, Watch: 5 * time.Millisecond}, http.HandlerFunc(hello))
			change(folder)
			fixture.Until(t, "what is wrong is said", func() bool {
				return strings.Contains(h.log.String(), "changed certificates are not used") && strings.Contains(h.log.String(), "sso.example.com")
			})
			if _, err := h.dial("sso.example.com", nil); err != nil {
				t.Errorf("the certificate of before does not go on: %v", err)
			}
			issue(a, folder, "one", year, "sso.example.com", "sso.example.net")
			fixture.Until(t, "the mended file is served", func() bool {
				_, err := h.dial("sso.example.net", nil)
				return err == nil
			})
		})
	}
}
