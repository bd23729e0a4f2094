package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/flows"
	"vigil/internal/config"
)

type checkCommand struct {
	Config  string `short:"c" default:"vigil.yaml" help:"The configuration file."`
	Strict  bool   `help:"Leave exit code 2 for warnings."`
	Offline bool   `help:"Do not ask whether the store can be reached, where it is a database."`
}

// Run does all that serve does before it opens anything.
func (c *checkCommand) Run(w *world) error {
	cfg, found, err := w.prepare(c.Config)
	if err != nil {
		return err
	}
	sites := append(cfg.CheckSites(), c.administrators(w, cfg)...)
	if err := diag.WriteText(w.err, sites, sources(c.Config, "")); err != nil {
		return err
	}
	applications := 0
	for _, e := range cfg.Environments {
		applications += len(e.Applications)
	}
	fmt.Fprintf(w.out, "%s: %s with %s: nothing to refuse.\n", c.Config, count(len(cfg.Environments), "environment"), count(applications, "application"))
	if len(cfg.KeyEncryptionKey) == 0 {
		fmt.Fprintf(w.out, "%s: signing keys lie in the database in the clear: there is no keyEncryptionKey.\n", c.Config)
	}
	if cfg.Store != "" && !c.Offline {
		said, unreachable := reachStore(w, cfg)
		if err := diag.WriteText(w.err, unreachable, sources(c.Config, "")); err != nil {
			return err
		}
		if len(unreachable) > 0 {
			return exit(exitFailed)
		}
		fmt.Fprintf(w.out, "%s: %s\n", c.Config, said)
	}
	if c.Strict && len(found)+len(sites) > 0 {
		return exit(exitWarned)
	}
	return nil
}

// prepare reads the configuration and the flows it names, and shows what is wrong. An error is an exit code.
func (w *world) prepare(file string) (*config.Config, []diag.Diagnostic, error) {
	cfg, found := config.Load(file, w.env)
	folder := ""
	if cfg != nil {
		found, folder = slices.Concat(found, cfg.CheckProxies(), cfg.CheckCertificates(time.Now()), checkStore(cfg), checkFlows(cfg)), cfg.Flows
	}
	if err := diag.WriteText(w.err, found, sources(file, folder)); err != nil {
		return nil, nil, err
	}
	if diag.HasErrors(found) {
		return nil, nil, exit(exitFailed)
	}
	return cfg, found, nil
}

// loadConfig reads the configuration for commands that have nothing to do with flows.
func (w *world) loadConfig(file string, env func(string) (string, bool)) (*config.Config, error) {
	cfg, found := config.Load(file, env)
	return w.loaded(file, cfg, found)
}

// loadForOperators reads the configuration for commands on the store, with no other secret.
func (w *world) loadForOperators(file string) (*config.Config, error) {
	cfg, found := config.LoadForOperators(file, w.env)
	return w.loaded(file, cfg, found)
}

func (w *world) loaded(file string, cfg *config.Config, found []diag.Diagnostic) (*config.Config, error) {
	if cfg != nil {
		return cfg, nil
	}
	if err := diag.WriteText(w.err, found, sources(file, "")); err != nil {
		return nil, err
	}
	return nil, exit(exitFailed)
}

// checkFlows says what is wrong with the flows of a configuration, and which of those that it names are not there.
func checkFlows(cfg *config.Config) []diag.Diagnostic {
	library, found := engine.Load(flowFolder(cfg.Flows), capabilities(), offerOf(cfg)...)
	return judgeFlows(cfg, library, found)
}

// judgeFlows adds to what was found in flows what a configuration has against them.
func judgeFlows(cfg *config.Config, library *engine.Library, found []diag.Diagnostic) []diag.Diagnostic {
	folder := flowFolder(cfg.Flows)
	_, _, contradictions := cfg.FlowOffer()
	inFolder(shownFolder(cfg.Flows), found)
	names, err := fs.Glob(folder, "*.yaml")
	if _, missing := fs.Stat(folder, "."); missing != nil || err != nil {
		return found // which says so; that no flow is there would only repeat it
	}
	var known []string
	for _, name := range names {
		name = strings.TrimSuffix(name, ".yaml")
		if flow := library.Flow(name); !strings.HasSuffix(name, ".test") && (flow == nil || !flow.Part) {
			known = append(known, name)
		}
	}
	found = append(append(found, contradictions...), cfg.CheckFlows(known)...)
	return append(found, cfg.CheckFlowReads(readsOf(library, shownFolder(cfg.Flows)))...)
}

// readsOf tells what each flow reads of its environment, and needs of it. Folder is what the names of flow files begin with.
func readsOf(library *engine.Library, folder string) map[string]config.FlowReads {
	reads := map[string]config.FlowReads{}
	for _, flow := range library.Flows() {
		settings, secrets := flow.Reads()
		of := config.FlowReads{Settings: settings, Secrets: secrets}
		of.Devices.Some, of.Devices.All = flow.LetsDevicesIn()
		for _, want := range flow.Wants() {
			want.At.File = filepath.Join(folder, want.At.File)
			of.Needs = append(of.Needs, config.FlowNeed(want))
		}
		reads[flow.Name] = of
	}
	return reads
}

// flowFolder gives the files of a folder. Empty: the flows that we ship.
func flowFolder(folder string) fs.FS {
	if folder == "" {
		return flows.Files
	}
	return os.DirFS(folder)
}

// shownFolder is what the names of flow files begin with in diagnostics.
func shownFolder(folder string) string {
	if folder == "" {
		return "(shipped flows)"
	}
	return folder
}

// capabilities are those that flows can name. They are only looked at here: nobody runs them.
func capabilities() *connector.Registry {
	return connector.NewRegistry(builtin.All(builtin.Ports{})...)
}

// inFolder makes the file names of diagnostics lead to the files from here.
func inFolder(folder string, found []diag.Diagnostic) {
	for i := range found {
		found[i].Subject.File = filepath.Join(folder, found[i].Subject.File)
		for j := range found[i].Related {
			found[i].Related[j].Range.File = filepath.Join(folder, found[i].Related[j].Range.File)
		}
	}
}

// sources gives the lines to show beside diagnostics: of the configuration without its secrets, of flows as they are.
func sources(file, folder string) diag.Sources {
	return func(name string) []byte {
		flow, isFlow := strings.CutPrefix(name, shownFolder(folder)+string(filepath.Separator))
		var source []byte
		var err error
		switch {
		case name == file:
			source, err = os.ReadFile(file)
			source = config.Masked(source)
		case isFlow:
			source, err = fs.ReadFile(flowFolder(folder), flow)
		}
		if err != nil {
			return nil // the diagnostic stands without its line
		}
		return source
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
