// Package iframe is the check-session heart: the page that applications embed to learn whether their user's session state has changed,
// and everything whose exact form the page and the server must agree on.
//
// It owns
//   - [Origin], the one canonicaliser of web origins;
//   - [Compute] and [ParseSessionState], the formula of session_state;
//   - the names of the cookies and the values of OPUAS;
//   - [Page], the page with its scripts (checksession.js answers, stream.js hears from the server) and its headers, and [Digest], by which the page knows who may ask;
//   - [Verdict], the Go twin of checksession.js, which is run on the same vectors (testdata) as the page in a real browser.
//
// It serves nothing, stores nothing and writes no cookie but the countdown of news that came: endpoints live with the others of the provider, cookies are written
// by internal/useragent, deadlines are kept by internal/session. It imports nothing of ours.
package iframe
