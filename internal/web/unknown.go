package web

import (
	"io"
	"log/slog"
	"net/http"
	"strings"

	"vigil/internal/tenant"
	"vigil/templates"
)

// unknownHost answers a request for a name that is none of ours: a browser was led here by a wrong record, or a proxy in front wrote another
// Host. Strangers learn nothing but that; the log says which names there are and what to do.
//
// RFC 9110 15.5.20: 421, this server gives no authoritative answer for that origin.
func (r *Router) unknownHost(w http.ResponseWriter, req *http.Request) {
	known, help := r.tenants.KnownHosts(), "add it to hosts, or let the proxy in front pass the Host header on unchanged (nginx: proxy_set_header Host $host)"
	if said := req.Header.Get("X-Forwarded-Host"); r.tenants.KnowsHost(said) {
		help = "the proxy in front writes another Host over " + said + ": let it pass the header on unchanged (nginx: proxy_set_header Host $host)"
	}
	for _, name := range known {
		if port, ours := strings.CutPrefix(name, req.Host+":"); ours {
			help = "the proxy in front leaves out the port: let it pass the Host header on unchanged (nginx: proxy_set_header Host $host:" + port + ")"
		}
	}
	r.strangers.Warn("request for an unknown host", slog.String("host", clip(req.Host)), slog.Any("known", known), slog.String("help", help))
	const title, message = "Nothing is served under this name", "The address is misspelt, or its operator has not finished setting it up."
	if !strings.Contains(req.Header.Get("Accept"), "text/html") {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusMisdirectedRequest)
		_, _ = io.WriteString(w, `{"error":"unknown_host","error_description":"nothing is served under this name"}`)
		return
	}
	page := errorPage(title, message)
	page.Page = Frame(tenant.Base{Environment: &tenant.Environment{Name: "Nothing here"}})
	if err := Show(w, http.StatusMisdirectedRequest, templates.ContentSecurityPolicy, func(out io.Writer) error { return r.pages.Templates.Error(out, page) }); err != nil {
		r.log.Error("error page failed", "error", err)
	}
}
