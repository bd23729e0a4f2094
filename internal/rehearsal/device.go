package rehearsal

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/run"
	"vigil/internal/device"
)

// shower is a device of the case as it waits at the server. Codes are drawn there: people at the page type and read those of the file.
type shower struct {
	builtin.DeviceRequest
	userCode, deviceCode string // the server's
}

// forDevices: the flow is behind the page where people type the codes of devices.
func forDevices(scene flowtest.Scene) bool {
	some, _ := scene.Flow.LetsDevicesIn()
	return some
}

// deviceApplications writes the applications of the devices into the configuration of their environment.
func (p *performance) deviceApplications(b *strings.Builder, scopes []string) {
	var told []string
	for _, d := range p.scene.Devices {
		if slices.Contains(told, d.ClientID) {
			continue
		}
		told = append(told, d.ClientID)
		fmt.Fprintf(b, "  - {clientId: %s, name: %s, type: NATIVE_APP, grantTypes: [DEVICE_CODE], responseTypes: [], redirectUris: [], tokenEndpointAuthMethod: NONE, scopes: [%s]}\n",
			literal(d.ClientID), literal(d.Application), strings.Join(scopes, ", "))
	}
}

// showCodes lets the devices of the case ask the server for codes.
func (p *performance) showCodes() error {
	for _, d := range p.scene.Devices {
		var given struct {
			UserCode   string `json:"user_code"`
			DeviceCode string `json:"device_code"`
			Error      string `json:"error_description"`
		}
		status, err := p.call(d, "/as/device_authorization", url.Values{"scope": {strings.Join(d.Scopes, " ")}}, &given)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("the device %s gets no code at the server: %s", d.Code, given.Error)
		}
		p.showers = append(p.showers, shower{d, given.UserCode, given.DeviceCode})
	}
	return nil
}

// call posts as a device does.
func (p *performance) call(d builtin.DeviceRequest, path string, form url.Values, answer any) (status int, err error) {
	form.Set("client_id", d.ClientID)
	r := httptest.NewRequestWithContext(p.house.ctx, http.MethodPost, p.house.origin("sso")+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if d.IP != "" {
		r.RemoteAddr = net.JoinHostPort(d.IP, "443")
	}
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, r)
	return w.Code, json.Unmarshal(w.Body.Bytes(), answer)
}

// devicePage is where people type codes. The address may bring one.
func (p *performance) devicePage(userCode string) string {
	page := p.house.origin("sso") + "/as/device"
	if userCode != "" {
		page += "?user_code=" + url.QueryEscape(userCode)
	}
	return page
}

// typed puts the server's code in the place of the file's.
func (p *performance) typed(call connector.Call) connector.Call {
	typed, _ := call.Inputs["code"].(string)
	for _, s := range p.showers {
		if device.Fold(typed) == device.Fold(s.Code) {
			call.Inputs = map[string]any{"code": s.userCode}
		}
	}
	return call
}

// found puts the file's code in the place of the server's.
func (p *performance) found(result connector.Result) connector.Result {
	if value, ok := result.Output["device"].(map[string]any); ok {
		for _, s := range p.showers {
			if value["code"] == s.userCode {
				value["code"] = s.Code
			}
		}
	}
	return result
}

// deviceEnds holds what the last page says, and what the device hears, against the stage's.
func (p *performance) deviceEnds(end flowtest.Ending) error {
	if err := p.tab.await("location.pathname.endsWith('/as/device_resume') && document.readyState === 'complete'", "the end of the run"); err != nil {
		return err
	}
	title, err := eval[string](p.tab, "document.querySelector('h1')?.textContent.trim() ?? ''")
	if err != nil {
		return err
	}
	success, _ := end.Effect.(run.Success)
	if letIn := title == "Your device is signed on"; letIn != (success.Device != "") {
		return fmt.Errorf("the last page says %q", title)
	}
	for _, s := range p.showers {
		if s.ID != success.Device {
			continue
		}
		var given struct {
			AccessToken string `json:"access_token"`
			Error       string `json:"error"`
		}
		_, err := p.call(s.DeviceRequest, "/as/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {s.deviceCode}}, &given)
		if err != nil {
			return err
		}
		if given.AccessToken == "" {
			return fmt.Errorf("the device %s was let in on the stage, the server tells it %q", s.Code, given.Error)
		}
	}
	return p.hasSession(end.Session)
}
