package interop

// usualApache is how every Apache here runs, with its port. No host is looked up and nothing of the machine's own configuration is read.
const usualApache = `ServerRoot FOLDER
PidFile FOLDER/pid
DefaultRuntimeDir FOLDER
Mutex file:FOLDER default
ErrorLog FOLDER/error.log
ServerName localhost
Listen 127.0.0.1%s
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
StartServers 1
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
`

// applications is what the applications behind mod_auth_openidc have in common.
const applications = `LogLevel warn auth_openidc:info
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule include_module /usr/lib/apache2/modules/mod_include.so
LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so
TypesConfig /dev/null
AddType text/html .html
DocumentRoot FOLDER/pages
DirectoryIndex index.html
<Directory FOLDER/pages>
	Options +Includes
	AddOutputFilter INCLUDES .html
</Directory>
`

// proxy is an Apache that ends TLS in front of the provider, whose address it gets, and passes the certificates of clients on.
const proxy = `LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
SSLEngine on
SSLCertificateFile FOLDER/server.pem
SSLVerifyClient optional_no_ca
ProxyPreserveHost On
ProxyPass / %[1]s/
RequestHeader set X-Forwarded-Proto https
RequestHeader set Client-Cert "%%{SSL_CLIENT_CERT}s"
`

// virtualHost is an application: port, host, provider, secret and its own origin.
const virtualHost = `
<VirtualHost *%[1]s>
	ServerName %[2]s
	OIDCProviderMetadataURL %[3]s/as/.well-known/openid-configuration
	OIDCClientID %[2]s
	OIDCClientSecret %[4]q
	OIDCRedirectURI %[5]s/callback
	OIDCDefaultLoggedOutURL %[5]s/bye.html
	OIDCCryptoPassphrase %[4]q
	OIDCScope "openid profile"
	OIDCPKCEMethod S256
	OIDCRemoteUserClaim preferred_username
	<Location />
		AuthType openid-connect
		Require valid-user
	</Location>
	<Location /bye.html>
		AuthType None
		Require all granted
	</Location>
</VirtualHost>
`

// page is one of an application: it shows who is signed on.
func page(more string) string {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>An application behind mod_auth_openidc</title>
<link rel="icon" href="data:,">
<p id="who"><!--#echo var="REMOTE_USER" --></p>` + more + `
</html>
`
}

// frames watch the session as the module's manual says, and the page keeps what the provider answers.
const frames = `
<iframe title="provider" id="openidc-op" src="/callback?session=iframe_op" hidden></iframe>
<iframe title="application" id="openidc-rp" src="/callback?session=iframe_rp&amp;poll=500" hidden></iframe>
<script>
	const heard = [];
	document.getElementById("openidc-rp").addEventListener("load", ({ target }) => target.contentWindow.addEventListener("message", ({ data }) => heard.push(data)));
</script>`
