package token

import (
	"context"
	"errors"

	"vigil/internal/clientauth"
	"vigil/internal/device"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// device answers a device that asks whether somebody has signed on for it.
//
// RFC 8628 3.4, 3.5.
func (x *exchange) device(ctx context.Context) (*answer, *oidc.Error) {
	if !x.app.AllowsGrant(tenant.GrantDeviceCode) {
		return nil, notAllowed("device codes")
	}
	asks := device.Client{EnvironmentID: x.base.Environment.ID, Issuer: x.base.Issuer(), ClientID: x.app.ClientID}
	a, err := device.Poll(ctx, x.Store, x.request.DeviceCode, asks, x.now)
	if err != nil {
		return nil, refusalOfDevice(err)
	}
	g, err := grant.New(x.now, x.Random)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	f := a.Family
	of, fault := x.whole(f)
	if fault != nil {
		return nil, fault
	}
	refreshToken, until, fault := x.begin(f)
	if fault != nil {
		return nil, fault
	}
	f.Handle = grant.NewHandle(g.ID, until)
	var kept *grant.Family
	if refreshToken != "" {
		kept = f
	}
	if err := device.Redeem(ctx, x.Store, a.Key, kept, x.Liveness(f.SessionID), x.now); err != nil {
		return nil, refusalOfDevice(err)
	}
	given, err := x.mint(ctx, f, of)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given.RefreshToken = refreshToken
	return given, nil
}

func refusalOfDevice(err error) *oidc.Error {
	switch {
	case errors.Is(err, device.ErrPending):
		return oidc.NewError(oidc.CodeAuthorizationPending, "nobody has answered yet")
	case errors.Is(err, device.ErrSlowDown):
		return oidc.NewError(oidc.CodeSlowDown, "wait five seconds longer between two requests")
	case errors.Is(err, device.ErrDenied):
		return oidc.NewError(oidc.CodeAccessDenied, "the person said no")
	case errors.Is(err, device.ErrExpired):
		return oidc.NewError(oidc.CodeExpiredToken, "the device code has expired")
	case errors.Is(err, device.ErrUnknown), errors.Is(err, grant.ErrSessionEnded):
		return oidc.InvalidGrant("the device code is not valid").WithDetail(err.Error())
	}
	return clientauth.Failed(err)
}
