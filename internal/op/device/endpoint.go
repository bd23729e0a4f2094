package device

import (
	"io"
	"log/slog"
	"net/http"
	"net/netip"

	"vigil/internal/clientauth"
	"vigil/internal/flowhost"
	"vigil/internal/grant"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Endpoint serves devices and the people who sign on for them. All fields are required.
type Endpoint struct {
	KV       kv.Store
	Clients  *clientauth.Authenticator
	Agents   *useragent.Agents
	Flows    *flowhost.Host
	Liveness grant.Liveness
	Desk     *Desk
	// Address is where a request comes from, behind trusted proxies.
	Address func(*http.Request) netip.Addr
	Pages   web.Pages
	// Secret derives a secret of an environment, see keys.Set.
	Secret func(environmentID, purpose string) [32]byte
	Random io.Reader
	Log    *slog.Logger
}

const (
	authorizationPath = "/as/device_authorization"
	pagePath          = "/as/device"
	resumePath        = "/as/device_resume"
	confirmPath       = "/as/device_confirm"

	maxBody = 32 << 10 // bytes
)

// Mount registers what devices and people call.
func (e *Endpoint) Mount(r *web.Router) {
	r.POST(authorizationPath, e.begin)
	for _, path := range []string{pagePath, pagePath + "/:app"} {
		r.GET(path, e.show)
	}
	r.POST(pagePath, e.enter)
	r.GET(resumePath, e.resume)
	r.POST(confirmPath, e.confirm)
}
