// Package templates owns the pages that a person sees: a flow's form, the
// question before a sign-off, the page after it, errors, finished sign-ons,
// and the page that carries an OAuth form_post response.
//
// Each page is one typed struct and one method of Pages. A page holds no
// script and no style of its own (form_post and the page with the frames of a
// sign-off hold one script each, named by its hash), works without script, and
// shows every value through html/template.
//
// It also owns the Content-Security-Policy that belongs to each page: see
// ContentSecurityPolicy, FormPolicy, FormPostPolicy and SigningOffPolicy.
//
// It does not set headers, choose a status, know a URL or read a request:
// handlers in internal/ fill the structs. Styles and images lie in static/.
package templates
