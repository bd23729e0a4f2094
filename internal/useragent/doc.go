// Package useragent ties a browser to its session: it reads and writes the cookies ST, OPUAS, the countdown and the browser-run marker.
//
// It is the one writer of those cookies, and decides at every authorize what a browser that lost some of them gets back.
// Cookies are host-only and Secure. Nothing readable identifies a user, and no absolute time is compared in a browser:
// the countdown is a cookie that the browser itself removes. Names and values of the readable ones belong to package iframe.
package useragent
