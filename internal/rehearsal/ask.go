package rehearsal

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
)

// Start implements flowtest.Double.
func (p *performance) Start() error { return p.explained(p.ask(p.client, p.scene.Request)) }

// begin forgets how the run before ended.
func (p *performance) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = nil
}

// ask lets an application send the browser to the provider.
func (p *performance) ask(client string, request connector.Request) error {
	p.begin()
	if client == p.client && forDevices(p.scene) {
		return p.tab.open(p.devicePage(request.UserCode))
	}
	scopes := request.Scopes
	if !slices.Contains(scopes, "openid") {
		scopes = append([]string{"openid"}, scopes...)
	}
	q := url.Values{
		"client_id": {client}, "response_type": {"id_token"}, "scope": {strings.Join(scopes, " ")}, "nonce": {"n"}, "state": {"s"},
		"redirect_uri": {p.house.origin("app") + backPath},
	}
	if request.Reauthenticate {
		q.Set("prompt", "login")
	}
	if request.LoginHint != "" {
		q.Set("login_hint", request.LoginHint)
	}
	if request.Locale != "" {
		q.Set("ui_locales", request.Locale)
	}
	if len(request.ACRValues) > 0 {
		q.Set("acr_values", strings.Join(request.ACRValues, " "))
	}
	if request.MaxAge > 0 {
		q.Set("max_age", strconv.Itoa(int(request.MaxAge/time.Second)))
	}
	return p.tab.open(p.house.origin("sso") + "/as/authorize?" + q.Encode())
}

// Opens implements flowtest.Double.
func (p *performance) Opens(part string) error {
	return p.explained(p.opensLink(part))
}

func (p *performance) opensLink(part string) error {
	address, made := p.linkTo(part)
	if !made {
		return fmt.Errorf("no link to the part %q was made at the server", part)
	}
	if address == "" {
		letter, err := p.letter("")
		if err != nil {
			return err
		}
		if address = flowtest.FindIn(letter.Text); !strings.HasPrefix(address, p.house.origin("sso")+"/") {
			return fmt.Errorf("there is no link of the server's in the e-mail that says %q", letter.Text)
		}
	} else if err := p.drawn(address); err != nil {
		return err
	}
	other, err := p.house.newTab()
	if err != nil {
		return err
	}
	p.tab = other
	return other.open(address)
}

func (p *performance) linkTo(part string) (address string, made bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	address, made = p.links[part]
	return address, made
}

// drawn holds that a QR code on the page is one of the link, where it shows one.
func (p *performance) drawn(address string) error {
	shown, err := p.tab.look()
	if err != nil || !shown.QR {
		return err
	}
	drawing, err := eval[string](p.tab, "document.querySelector('main svg.qr path').getAttribute('d')")
	if err == nil && !strings.Contains(string(pictureOf(address)), ` d="`+drawing+`"`) {
		err = errors.New("the QR code that the browser shows is not that of the link")
	}
	return err
}
