// Package static owns the files a browser loads as they are: the stylesheet,
// the logo and the icon of Vigil's pages, the scripts of these pages in page/,
// the SDK in sdk/ (plain ES modules) and the demonstration application in demo/.
//
// It only holds them: FS gives the files, Tags their entity tags. Routes,
// headers and CORS belong to the server. The HTML of Vigil's own pages lies in
// templates/.
package static
