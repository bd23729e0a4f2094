package static_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"vigil/static"
)

func TestTheFilesThatOthersNameAreThere(t *testing.T) {
	tags, err := static.Tags()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"vigil.css", "lids.svg", "logo.svg", "favicon.svg", "sdk/vigil.js", "page/wait.js", "page/follow.js", "page/passkey.js",
		"demo/index.html", "demo/app.js", "demo/view.js", "demo/app.css", "demo/icon.svg", "demo/silent.html", "demo/silent.js",
	} {
		content, err := fs.ReadFile(static.FS(), name)
		if err != nil || len(content) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
		if tag := tags[name]; len(tag) != 26 || tag[0] != '"' {
			t.Errorf("%s: entity tag %s", name, tag)
		}
	}
}

// reference finds what a module imports, a style sheet shows and a page loads.
var reference = regexp.MustCompile(`(?:from|import) "(\./[^"]+)"|url\("([^"]+)"\)|(?:src|href)="([^"]+)"`)

func TestEveryFileThatAFileNamesIsThere(t *testing.T) {
	found := 0
	each(t, func(name, content string) {
		for _, match := range reference.FindAllStringSubmatch(content, -1) {
			target := path.Join(path.Dir(name), match[1]+match[2]+match[3])
			if _, err := fs.Stat(static.FS(), target); err != nil {
				t.Errorf("%s names %s, which is not there", name, target)
			}
			found++
		}
	})
	if found < 20 {
		t.Errorf("only %d references were found", found)
	}
}

func TestTheDemonstrationRunsUnderAPolicyWithoutInlineCode(t *testing.T) {
	inline := regexp.MustCompile(`<script>|<style|\sstyle=|\son[a-z]+=|javascript:`)
	each(t, func(name, content string) {
		if strings.HasSuffix(name, ".html") && inline.MatchString(content) {
			t.Errorf("%s: %s", name, inline.FindString(content))
		}
	})
}

func TestNothingIsLoadedFromAStrangersHost(t *testing.T) {
	remote := regexp.MustCompile(`(?:src|href|url|from|import|fetch)\W{1,3}(?:https?:)?//`)
	each(t, func(name, content string) {
		if remote.MatchString(content) {
			t.Errorf("%s: %s", name, remote.FindString(content))
		}
	})
}

func each(t *testing.T, look func(name, content string)) {
	t.Helper()
	err := fs.WalkDir(static.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(static.FS(), name)
		look(name, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
