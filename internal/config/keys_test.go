package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/tenant"
)

func TestKeysChangeEveryQuarterUnlessAnEnvironmentSaysOtherwise(t *testing.T) {
	const day = 24 * time.Hour
	for settings, want := range map[string]tenant.KeySettings{
		"": {RotateEvery: 90 * day, PublishBefore: day, KeepFor: 31 * day},

		"keys: {rotateEvery: 30d, publishBefore: 2h, keepFor: 400d}": {RotateEvery: 30 * day, PublishBefore: 2 * time.Hour, KeepFor: 400 * day},

		"keys: {rotateEvery: 0}": {PublishBefore: day, KeepFor: 31 * day},
	} {
		c, found := config.Parse("vigil.yaml", []byte("environments:\n- id: one\n  hosts: [https://sso.example.com]\n  "+settings+"\n"), nil)
		if c == nil || c.Environments[0].Keys != want {
			t.Errorf("%s: %+v %s", settings, c, spell(found))
		}
	}
	for _, settings := range []string{"{publishBefore: 10m}", "{rotateEvery: 30m}", "{rotateEvery: 2d, publishBefore: 25h}", "{keepFor: 0}"} {
		if c, _ := config.Parse("vigil.yaml", []byte("environments:\n- id: one\n  hosts: [https://sso.example.com]\n  keys: "+settings+"\n"), nil); c != nil {
			t.Errorf("%s: taken as %+v", settings, c.Environments[0].Keys)
		}
	}
}

func TestASecretMayLieInAFileOfItsOwn(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"kek": strings.Repeat("A", 43) + "\n", "empty": "\n", "large": strings.Repeat("A", 70<<10)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) (*config.Config, string) {
		text := fmt.Sprintf("keyEncryptionKey: ${file:%s}\nenvironments:\n- {id: one, hosts: [https://sso.example.com]}\n", path)
		c, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(text), os.LookupEnv)
		return c, spell(found)
	}
	for _, path := range []string{"kek", filepath.Join(folder, "kek")} {
		if c, said := read(path); c == nil || len(c.KeyEncryptionKey) != 32 {
			t.Errorf("%s: %s", path, said)
		}
	}
	for _, path := range []string{"absent", "empty", "large", "."} {
		if c, said := read(path); c != nil || !strings.Contains(said, "the file of this secret, ") {
			t.Errorf("%s: %s", path, said)
		}
	}
}

func TestThePreviousKeyComesWithItsSuccessor(t *testing.T) {
	kek := strings.Repeat("A", 43)
	for text, good := range map[string]bool{
		"previousKeyEncryptionKey: " + kek: false,
		"keyEncryptionKey: " + strings.Repeat("B", 42) + "A\npreviousKeyEncryptionKey: " + kek: true,
	} {
		c, found := config.Parse("vigil.yaml", []byte(text+"\nenvironments:\n- {id: one, hosts: [https://sso.example.com]}\n"), os.LookupEnv)
		if (c != nil) != good {
			t.Errorf("%s: %s", text, spell(found))
		}
	}
}
