// Package web is the rim: it finds the environment of a request by host or path and hands plain net/http values to the endpoints.
//
// It owns routing, CORS, access log, error pages and the headers that every answer carries. It is the one place that sees echo.Context;
// endpoints get an http.ResponseWriter, an *http.Request and a tenant.Base.
package web
