package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

//go:embed *.css *.svg page/*.js sdk/*.js demo/*
var files embed.FS

// FS gives the files: "vigil.css", "logo.svg", "favicon.svg", "page/…", "sdk/…", "demo/…".
func FS() fs.FS { return files }

// Tags gives the quoted entity tag (RFC 9110 8.8.3) of every file by its path
// in FS. It changes when the file's bytes do. It never fails on embedded files.
func Tags() (map[string]string, error) {
	tags := map[string]string{}
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read %q: %w", path, err)
		}
		digest := sha256.Sum256(content)
		tags[path] = `"` + hex.EncodeToString(digest[:12]) + `"`
		return nil
	})
	return tags, err
}
