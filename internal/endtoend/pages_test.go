package endtoend

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// files are the pages of every host but the provider's, by path.
var files = map[string]string{
	"/sdk":               "testdata/sdk.html",
	"/silent":            "testdata/silent.html",
	"/foreign":           "../interop/app.html",
	"/foreign-silent":    "../interop/silent.html",
	"/oidc-client-ts.js": "../interop/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js",
	"/foreign-app.js":    "../interop/app.js",
	"/foreign-silent.js": "../interop/silent.js",
}

// servePages is everybody but the provider: the files above, and a page that says how it was asked for and does what its query says.
func servePages(w http.ResponseWriter, r *http.Request) {
	if file, known := files[r.URL.Path]; known {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFile(w, r, file)
		return
	}
	if strings.Contains(r.URL.Path, ".") {
		http.NotFound(w, r)
		return
	}
	if r.URL.Path == "/isolated" {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
	}
	_ = r.ParseForm()
	asked, _ := json.Marshal(map[string]any{"method": r.Method, "query": r.URL.Query(), "body": r.PostForm})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = plain.Execute(w, map[string]any{"Path": r.URL.Path, "Asked": template.JS(asked)})
}

var plain = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Path}}</title><link rel="icon" href="data:,">
<h1>{{.Path}}</h1><script>window.asked = {{.Asked}}</script></html>
`))
