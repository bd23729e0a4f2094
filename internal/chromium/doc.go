// Package chromium drives a real browser in tests.
//
// A package that uses it says once
//
//	func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }
//
// and each test calls [Start] for a browser of its own: fresh cookies, storage and tabs, in one Chromium process that the
// whole package shares. Without that TestMain every test starts its own process.
//
// Every host name leads to 127.0.0.1, whatever the port, so `app1.vigil.localhost:PORT` needs no DNS and nothing reaches
// the network; ports 80 and 443 lead to the handler given to [Browser.Serve]. A secure context is what users have:
// https, and http on *.localhost.
//
// [CheckTypes] checks scripts without a browser.
//
// Every verb has a deadline and fails the test with the address of the page and its console. It holds no knowledge of our pages.
package chromium
