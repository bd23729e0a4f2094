package listen_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/listen"
)

func TestAnAccountThatIsLostIsMadeAnewAndADamagedOneIsNamed(t *testing.T) {
	folder := t.TempDir()
	first, p := certified(t, folder, false)
	fixture.Until(t, "there are certificates", func() bool { return strings.Count(first.log.String(), `msg="certificate obtained"`) == 2 })
	first.stop()
	accounts := func() []string {
		found, err := filepath.Glob(filepath.Join(folder, "acme", "*", "users", "*", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	lose := func(what string) {
		if err := os.RemoveAll(filepath.Join(folder, what)); err != nil {
			t.Fatal(err)
		}
	}
	again := func() *house {
		l, err := net.Listen("tcp", first.address)
		if err != nil {
			t.Fatal(err)
		}
		return openAt(t, first.authority, listen.Options{
			Names: []string{"sso.example.com"},
			ACME:  &listen.ACME{Directory: p.Directory, Email: "ops@vigil.test", Roots: p.Roots, Folder: folder, Host: "127.0.0.1", TLSPort: port(t, l)},
		}, l, http.HandlerFunc(hello))
	}
	if len(accounts()) != 1 {
		t.Fatalf("accounts are %v", accounts())
	}
	lose("acme")
	lose("certificates")
	second := again()
	fixture.Until(t, "there is a certificate of another account", func() bool { return strings.Contains(second.log.String(), `msg="certificate obtained"`) })
	second.stop()

	if len(accounts()) != 1 {
		t.Fatalf("accounts are %v", accounts())
	}
	if err := os.Truncate(accounts()[0], 20); err != nil {
		t.Fatal(err)
	}
	lose("certificates")
	third := again()
	fixture.Until(t, "the account is named", func() bool { return strings.Contains(third.log.String(), "remove users from acme/acme/") })
}
