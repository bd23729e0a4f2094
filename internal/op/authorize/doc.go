// Package authorize is the authorization endpoint: it checks a request, decides whether to respond, to let the person sign on, or to refuse.
//
// It owns GET and POST /as/authorize, GET and POST /as/resume, where an ended flow returns and consent is asked, POST /as/follow, by which a tab
// learns that another one signed on, POST /as/par, and the steps of pi.flow below /davinci/. The checks are a table of named ones, the decision is pure, and there is one place that responds. Nothing is
// redirected until client and redirect URI are known good.
// Flows are run by package flowhost; cookies are written by package useragent; codes are sealed by package grant.
package authorize
