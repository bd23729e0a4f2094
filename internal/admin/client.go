package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"
)

// patience is how long a client waits: RSA keys take a moment, a busy disk more.
const patience = 30 * time.Second

// Client does the operations through the process that holds the store.
type Client struct{ http *http.Client }

// NewClient talks to the server whose data folder it is. Nothing is sent yet.
func NewClient(data string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, done, err := reachable(filepath.Join(data, Socket))
		if err != nil {
			return nil, err
		}
		defer done()
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: patience}}
}

// AddUser implements Operations.
func (c *Client) AddUser(ctx context.Context, u NewUser) (User, error) {
	return call[User](ctx, c, pathAddUser, u)
}

// Users implements Operations.
func (c *Client) Users(ctx context.Context, p Page) (Users, error) {
	return call[Users](ctx, c, pathUsers, p)
}

// SetPassword implements Operations.
func (c *Client) SetPassword(ctx context.Context, p Password) (Ended, error) {
	return call[Ended](ctx, c, pathPassword, p)
}

// SetEnabled implements Operations.
func (c *Client) SetEnabled(ctx context.Context, s Switch) (Ended, error) {
	return call[Ended](ctx, c, pathEnabled, s)
}

// SetEmail implements Operations.
func (c *Client) SetEmail(ctx context.Context, e Email) (User, error) {
	return call[User](ctx, c, pathEmail, e)
}

// DeleteUser implements Operations.
func (c *Client) DeleteUser(ctx context.Context, p Person) (Ended, error) {
	return call[Ended](ctx, c, pathDelete, p)
}

// Factors implements Operations.
func (c *Client) Factors(ctx context.Context, p Person) ([]Factor, error) {
	return call[[]Factor](ctx, c, pathFactors, p)
}

// RemoveFactor implements Operations.
func (c *Client) RemoveFactor(ctx context.Context, n FactorName) (Ended, error) {
	return call[Ended](ctx, c, pathRemoveFactor, n)
}

// Audit implements Operations.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (AuditLines, error) {
	return call[AuditLines](ctx, c, pathAudit, q)
}

// Keys implements Operations.
func (c *Client) Keys(ctx context.Context, e Environment) ([]Key, error) {
	return call[[]Key](ctx, c, pathKeys, e)
}

// RotateKeys implements Operations.
func (c *Client) RotateKeys(ctx context.Context, r Rotation) ([]Key, error) {
	return call[[]Key](ctx, c, pathRotate, r)
}

// Sessions implements Operations.
func (c *Client) Sessions(ctx context.Context, p Person) ([]Session, error) {
	return call[[]Session](ctx, c, pathSessions, p)
}

// EndSessions implements Operations.
func (c *Client) EndSessions(ctx context.Context, p Person) (Ended, error) {
	return call[Ended](ctx, c, pathEnd, p)
}

// Notices implements Operations.
func (c *Client) Notices(ctx context.Context, l NoticeList) ([]Notice, error) {
	return call[[]Notice](ctx, c, pathNotices, l)
}

// Letters implements Operations.
func (c *Client) Letters(ctx context.Context, l NoticeList) ([]Letter, error) {
	return call[[]Letter](ctx, c, pathLetters, l)
}

// ReplayNotices implements Operations.
func (c *Client) ReplayNotices(ctx context.Context, r Replay) (Replayed, error) {
	return call[Replayed](ctx, c, pathReplay, r)
}

// MintClientToken implements Operations.
func (c *Client) MintClientToken(ctx context.Context, n NewClientToken) (ClientToken, error) {
	return call[ClientToken](ctx, c, pathMintToken, n)
}

// ClientTokens implements Operations.
func (c *Client) ClientTokens(ctx context.Context, e Environment) ([]ClientToken, error) {
	return call[[]ClientToken](ctx, c, pathTokens, e)
}

// RevokeClientToken implements Operations.
func (c *Client) RevokeClientToken(ctx context.Context, n ClientName) (Done, error) {
	return call[Done](ctx, c, pathRevokeToken, n)
}

// Clients implements Operations.
func (c *Client) Clients(ctx context.Context, p Page) (Clients, error) {
	return call[Clients](ctx, c, pathClients, p)
}

// DeleteClient implements Operations.
func (c *Client) DeleteClient(ctx context.Context, n ClientName) (Done, error) {
	return call[Done](ctx, c, pathDeleteClient, n)
}

// call asks a question; the host in the address means nothing, the socket is the address.
func call[A any](ctx context.Context, c *Client, path string, question any) (result A, err error) {
	body, err := json.Marshal(question)
	if err != nil {
		return result, &Error{CodeFailed, fmt.Sprintf("encode request: %v", err)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vigil"+path, bytes.NewReader(body))
	if err != nil {
		return result, &Error{CodeFailed, fmt.Sprintf("make request: %v", err)}
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return result, &Error{CodeFailed, fmt.Sprintf("the process that holds the database does not answer on %s: %v", Socket, err)}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		told := &Error{}
		if err := json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(told); err != nil || told.Message == "" {
			told = &Error{CodeFailed, "the server answered " + response.Status}
		}
		return result, told
	}
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
		return result, &Error{CodeFailed, fmt.Sprintf("read answer: %v", err)}
	}
	return result, nil
}
