package server

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"vigil/internal/web"
	"vigil/static"
)

// mountFiles serves styles and the SDK. They are the same for everyone, so any origin may load them.
func mountFiles(router *web.Router) error {
	tags, err := static.Tags()
	if err != nil {
		return err
	}
	router.Plain("/static/*", Files(static.FS(), tags, "/static/", ""))
	router.Plain("/sdk/*", Files(static.FS(), tags, "/sdk/", "sdk/"))
	return nil
}

// Files serves the files below a folder under a path, with their entity tags.
func Files(files fs.FS, tags map[string]string, under, folder string) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := folder + strings.TrimPrefix(r.URL.Path, under)
		tag, known := tags[name]
		if !known || path.Clean(name) != name {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("ETag", tag)
		h.Set("Cache-Control", "public, max-age=300, must-revalidate")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		again := *r.URL
		again.Path = "/" + name
		request := *r
		request.URL = &again
		server.ServeHTTP(w, &request)
	})
}
