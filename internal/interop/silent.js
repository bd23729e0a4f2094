// The end of a silent sign-in: the library hands the provider's answer to the page that opened this frame.
new oidc.UserManager({ authority: location.origin, client_id: "-", redirect_uri: location.href }).signinSilentCallback();
