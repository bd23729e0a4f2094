package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vigil/engine"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/internal/config"
	"vigil/templates"
)

// testEnding ends the names of files with tests. They stand beside their flows.
const testEnding = ".test.yaml"

// flowFiles gives the flow files that arguments mean: files as they are, of folders all flows in them, and for tests the flows they test.
func flowFiles(args []string) ([]string, error) {
	var files []string
	add := func(file string) {
		if file = filepath.Clean(file); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			found, err := filepath.Glob(filepath.Join(arg, "*.yaml"))
			if err != nil {
				return nil, err
			}
			for _, file := range found {
				if !strings.HasSuffix(file, testEnding) {
					add(file)
				}
			}
		case strings.HasSuffix(arg, testEnding):
			add(strings.TrimSuffix(arg, testEnding) + ".yaml")
		case filepath.Ext(arg) != ".yaml":
			return nil, fmt.Errorf("%s is not a flow file: its name ends in .yaml", arg)
		default:
			add(arg)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no flow files in %s", strings.Join(args, ", "))
	}
	return files, nil
}

// flowless gives the tests in folders that stand beside no flow: a name that is spelled otherwise, or a flow that was renamed.
func flowless(args []string) []string {
	var files []string
	for _, arg := range args {
		tests, err := filepath.Glob(filepath.Join(arg, "*"+testEnding)) // of a file: none
		if err != nil {
			continue
		}
		for _, test := range tests {
			if _, err := os.Stat(strings.TrimSuffix(test, testEnding) + ".yaml"); errors.Is(err, fs.ErrNotExist) && !slices.Contains(files, test) {
				files = append(files, test)
			}
		}
	}
	return files
}

// localesFolder is what the folder beside flows is called that holds their texts in other languages.
const localesFolder = "locales"

// isLocale tells a file of texts from a flow, by its folder.
func isLocale(file string) bool {
	whole, err := filepath.Abs(file)
	return err == nil && filepath.Base(filepath.Dir(whole)) == localesFolder
}

// onlyFlows fails for a file that holds texts of another language.
func onlyFlows(files []string) error {
	for _, file := range files {
		if isLocale(file) {
			return fmt.Errorf("%s is no flow: what lies in a folder %s are the texts of the flows beside it, and vigil flow lint judges them", file, localesFolder)
		}
	}
	return nil
}

// loaded is a flow file as it would be served: together with the parts in its folder.
type loaded struct {
	file string
	flow *graph.Flow // nil: found says why
	// found is what is said of this file, and, where it cannot be served, the errors of the parts it calls and of texts in other languages.
	found []diag.Diagnostic
	// locales is what is said of the folder's texts in other languages, with the first file of the folder.
	locales []diag.Diagnostic
}

// configured finds the configuration around the flows of a folder. Without a name it is the vigil.yaml above that folder, if it names it and
// has no mistakes: those are for vigil check. Nil: there is none.
func configured(file, folder string) (*config.Config, error) {
	named := file != ""
	if !named {
		file = filepath.Join(folder, "..", "vigil.yaml")
	}
	cfg, found := config.Load(file, nil)
	switch {
	case cfg == nil && named:
		return nil, fmt.Errorf("%s cannot be used: %s", file, found[0].Summary)
	case cfg == nil, !named && !sameFolder(cfg.Flows, folder):
		return nil, nil
	}
	return cfg, nil
}

// offerOf tells what a configuration declares to flows, and what our pages say. Nil: it declares nothing.
func offerOf(cfg *config.Config) []engine.Option {
	pages := engine.WithPages(templates.Texts(), templates.Spoken()...)
	if cfg == nil {
		return []engine.Option{pages}
	}
	settings, secrets, _ := cfg.FlowOffer()
	return []engine.Option{pages, engine.WithSettings(settings...), engine.WithSecrets(secrets...)}
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// loadFlows loads each folder once, with what a configuration declares to flows.
func loadFlows(files []string, configuration string) ([]loaded, error) {
	type folder struct {
		library *engine.Library
		found   []diag.Diagnostic
	}
	folders := map[string]folder{}
	list := make([]loaded, len(files))
	for i, file := range files {
		dir := filepath.Dir(file)
		if isLocale(file) {
			dir = filepath.Join(dir, "..")
		}
		f, known := folders[dir]
		if !known {
			cfg, err := configured(configuration, dir)
			if err != nil {
				return nil, err
			}
			f.library, f.found = engine.Load(os.DirFS(dir), capabilities(), offerOf(cfg)...)
			inFolder(dir, f.found)
			f.found = append(f.found, unmet(cfg, f.library, dir)...)
			diag.Sort(f.found)
			folders[dir] = f
			for _, d := range f.found {
				if filepath.Dir(d.Subject.File) == filepath.Join(dir, localesFolder) {
					list[i].locales = append(list[i].locales, d)
				}
			}
		}
		list[i].file, list[i].flow = file, f.library.Flow(strings.TrimSuffix(filepath.Base(file), ".yaml"))
		var parts []string
		if list[i].flow == nil && !isLocale(file) {
			parts = filesOf(f.library, file)
		}
		for _, d := range f.found {
			if d.Subject.File == file || parts != nil && d.Severity == diag.Error && (slices.Contains(parts, d.Subject.File) || isLocale(d.Subject.File)) {
				list[i].found = append(list[i].found, d)
			}
		}
	}
	return list, nil
}

// filesOf are the files of a flow and of all parts below it.
func filesOf(library *engine.Library, file string) []string {
	files := library.Below(strings.TrimSuffix(filepath.Base(file), ".yaml"))
	for i := range files {
		files[i] = filepath.Join(filepath.Dir(file), files[i]+".yaml")
	}
	return files
}

// unmet is what the environments of a configuration lack for the flows of a folder, as far as it is told at the flows.
func unmet(cfg *config.Config, library *engine.Library, folder string) []diag.Diagnostic {
	if cfg == nil || !sameFolder(cfg.Flows, folder) {
		return nil
	}
	return slices.DeleteFunc(cfg.CheckFlowReads(readsOf(library, folder)), func(d diag.Diagnostic) bool {
		return filepath.Dir(d.Subject.File) != filepath.Clean(folder)
	})
}

// loadFlow loads one flow that has to be sound. An error is an exit code: what is wrong was said.
func (w *world) loadFlow(file, configuration string) (*graph.Flow, error) {
	files, err := flowFiles([]string{file})
	var flows []loaded
	if err == nil {
		err = onlyFlows(files)
	}
	if err == nil {
		flows, err = loadFlows(files, configuration)
	}
	if err != nil || len(flows) != 1 {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return nil, exit(exitMisused)
	}
	one := flows[0]
	if one.flow != nil {
		return one.flow, nil
	}
	if err := diag.WriteText(w.err, one.found, fileSource); err != nil {
		return nil, err
	}
	return nil, exit(exitFailed)
}

// fileSource gives the lines beside diagnostics. Nil: they stand without.
func fileSource(file string) []byte {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return source
}
