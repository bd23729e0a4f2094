package server

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/flows"
	"vigil/internal/rollout"
	"vigil/templates"
)

// Judge says what is wrong with flows that were read, beside what was found in them.
type Judge func(library *engine.Library, found []diag.Diagnostic) []diag.Diagnostic

// readFlows compiles the folder of the configuration, or the flows that we ship, with what the environments offer. *FlowError.
func (s *Server) readFlows(registry *connector.Registry, judge Judge) (*engine.Library, []engine.Option, error) {
	folder := fs.FS(flows.Files)
	if s.options.Config.Flows != "" {
		folder = os.DirFS(s.options.Config.Flows)
	}
	settings, secrets, _ := s.options.Config.FlowOffer()
	offer := []engine.Option{engine.WithSettings(settings...), engine.WithSecrets(secrets...), engine.WithPages(templates.Texts(), templates.Spoken()...)}
	library, diagnostics := engine.Load(folder, registry, offer...)
	if judge != nil {
		diagnostics = judge(library, diagnostics)
	}
	if slices.ContainsFunc(diagnostics, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }) {
		return nil, nil, &FlowError{Diagnostics: diagnostics, Files: folder}
	}
	return library, offer, nil
}

// speak lets our pages have the languages of the flows.
func (s *Server) speak(library *engine.Library) {
	words := map[string]*templates.Words{}
	for tag, texts := range library.Pages() {
		words[tag] = templates.InLanguage(tag, texts)
	}
	s.pages.Speak(words)
}

// ReloadFlows reads the folder again, lets its flows serve the runs that begin from now on, and names those that are new or changed. With a
// mistake in any of them nothing changes: *FlowError. The very flows that were judged serve, whatever becomes of the folder meanwhile. Judge may be nil.
func (s *Server) ReloadFlows(ctx context.Context, judge Judge) (changed []string, err error) {
	library, _, err := s.readFlows(s.registry, judge)
	if err != nil {
		return nil, err
	}
	changed, err = s.flows.Replace(ctx, library)
	if err == nil {
		s.speak(library)
		s.notesServing()
	}
	return changed, err
}

// FlowShares tells how the flows of a policy do. Nil: there is no such policy.
func (s *Server) FlowShares(ctx context.Context, environment, policy string) ([]rollout.Share, error) {
	e := s.Tenants.Environment(environment)
	if e == nil {
		return nil, nil
	}
	p := e.FlowPolicy(policy)
	if p == nil {
		return nil, nil
	}
	return s.rollout.Shares(ctx, environment, p, s.flows.Hash)
}

// RestoreFlow lets a flow of a policy be chosen again that was taken back. False: it was not.
func (s *Server) RestoreFlow(ctx context.Context, environment, policy, flow string) (bool, error) {
	return s.rollout.Restore(ctx, environment, policy, flow)
}

// FlowError says that flows were refused.
type FlowError struct {
	Diagnostics []diag.Diagnostic
	Files       fs.FS // what their places are in
}

// Error counts the mistakes; the diagnostics name them.
func (e *FlowError) Error() string { return fmt.Sprintf("flows have %d mistakes", len(e.Diagnostics)) }
