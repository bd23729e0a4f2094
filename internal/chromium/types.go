package chromium

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// typescript is the release whose compiler checks our scripts; it is used in tests alone.
const typescript = "5.9.3"

// CheckTypes checks the JSDoc types of plain JavaScript files for browsers, as `tsc --noEmit --checkJs --strict` does. The compiler
// is installed by npm into .cache at the top of the module the first time.
func CheckTypes(t testing.TB, files ...string) {
	t.Helper()
	compiler, err := findCompiler()
	if err != nil {
		t.Fatalf("the type check of scripts needs Node.js, npm and, the first time, the npm registry: run `make deps`: %v", err)
	}
	args := append([]string{
		compiler, "--noEmit", "--checkJs", "--strict", "--noUnusedLocals", "--noUnusedParameters", "--noImplicitReturns",
		"--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable",
	}, files...)
	if out, err := exec.Command("node", args...).CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

// findCompiler returns the path of tsc and installs it if it is not there.
func findCompiler() (string, error) {
	top, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	cache := filepath.Join(filepath.Dir(strings.TrimSpace(string(top))), ".cache")
	home := filepath.Join(cache, "typescript-"+typescript)
	compiler := filepath.Join(home, "node_modules", "typescript", "bin", "tsc")
	if _, err := os.Stat(compiler); err == nil {
		return compiler, nil
	}
	// Beside its place first: another package's tests may be at it too, and half of a compiler must never be found.
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(cache, "typescript-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", fresh, "typescript@"+typescript)
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install typescript: %w\n%s", err, out)
	}
	if err := os.Rename(fresh, home); err != nil {
		if _, there := os.Stat(compiler); there != nil {
			return "", err
		}
	}
	return compiler, nil
}
