package builtin

import (
	"context"
	"time"

	"vigil/engine/connector"
)

// Devices knows the devices without a browser that wait for somebody to sign on, by the codes that they show.
type Devices interface {
	// Find looks for a device that waits. GuessWrong: none shows this code here. GuessLocked: too many wrong codes came from the same place.
	Find(ctx context.Context, guess CodeGuess) (DeviceRequest, GuessAnswer, error)
	// Deny tells a device that somebody said no. One that waits no more hears nothing.
	Deny(ctx context.Context, environmentID, id string, now time.Time) error
}

// CodeGuess is a code that somebody typed, however they spelled it.
type CodeGuess struct {
	EnvironmentID string
	BaseURL       string // as in connector.Call: devices of another address are not found
	Code          string
	IP            string // of the browser, for the brake on guessing. Empty: unknown
	Now           time.Time
}

// DeviceRequest is what a device asks for.
type DeviceRequest struct {
	ID          string // for Deny, and for the success that lets it in. It is not the device code
	Code        string // as the device shows it
	ClientID    string
	Application string // its name
	Scopes      []string
	IP          string // where it asked from. Empty: unknown
}

func (r DeviceRequest) value() map[string]any {
	scopes := make([]any, len(r.Scopes))
	for i := range r.Scopes {
		scopes[i] = r.Scopes[i]
	}
	return map[string]any{"id": r.ID, "code": r.Code, "clientId": r.ClientID, "application": r.Application, "scopes": scopes, "ip": r.IP}
}

func deviceCodeCheck(devices Devices) connector.Capability {
	return connector.Capability{
		Name: "deviceCode.check",
		Doc: "Looks for the device without a browser that shows a code. It gives application (the name), clientId, scopes, ip (where the device asked from) and " +
			"code. It lets nothing in: `device` of end: success does, and only in the environment's deviceFlow.",
		Inputs: []connector.Field{{Name: "code", Type: required(connector.String), Doc: "What was typed, in any case and with any separators."}},
		Outcomes: []connector.Outcome{
			{Name: "found", Doc: "A device shows this code and waits.", Outputs: []connector.Field{
				{Name: "device", Type: required(connector.DeviceRequest), Doc: "What it asks for."},
			}},
			{Name: "wrong", Doc: "No device waits with this code."},
			{Name: "locked", Doc: "Too many wrong codes came from the same address; this one was not looked at."},
		},
		Guessable: true,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if devices == nil {
				return connector.Result{}, errNoPort
			}
			code, _ := call.Inputs["code"].(string)
			found, answer, err := devices.Find(ctx, CodeGuess{
				EnvironmentID: call.EnvironmentID, BaseURL: call.BaseURL, Code: code, IP: call.Request.IP, Now: call.Now,
			})
			switch {
			case err != nil:
				return connector.Result{}, err
			case answer == GuessRight:
				return connector.Result{Outcome: "found", Output: map[string]any{"device": found.value()}}, nil
			case answer == GuessLocked:
				return connector.Result{Outcome: "locked"}, nil
			}
			return connector.Result{Outcome: "wrong"}, nil
		},
	}
}

func deviceCodeDeny(devices Devices) connector.Capability {
	return connector.Capability{
		Name:     "deviceCode.deny",
		Doc:      "Tells a device that somebody said no. It stops to wait.",
		Inputs:   []connector.Field{{Name: "device", Type: required(connector.DeviceRequest), Doc: "What deviceCode.check found."}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It hears so, if it still waited."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if devices == nil {
				return connector.Result{}, errNoPort
			}
			device, _ := call.Inputs["device"].(map[string]any)
			id, _ := device["id"].(string)
			return connector.Result{Outcome: "done"}, devices.Deny(ctx, call.EnvironmentID, id, call.Now)
		},
	}
}
