package probe

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Headers of questions and answers.
const (
	// Ask is "ticket kind", with a kind of below.
	Ask = "Vigil-Probe"
	// Silence says for how many milliseconds a Stream is silent, PadBy by how many bytes the header of an Echo is longer.
	Silence = "Vigil-Probe-Silence"
	PadBy   = "Vigil-Probe-Pad"
	// Sent is in answers: base64 of JSON, the headers as they left the server.
	Sent = "Vigil-Probe-Sent"
	// Nonce is in answers: two of one nonce are one answer from a cache.
	Nonce = "Vigil-Probe-Nonce"
	// Pad is what PadBy asks for.
	Pad = "Vigil-Probe-Padding"
)

// Kinds of questions.
const (
	Echo   = "echo"
	Stream = "stream"
	Pass   = "pass"
)

// Cookie is what an Echo sets, as the cookies of a session are set. Partitioned shows whether a proxy knows the attribute; ours do without.
const Cookie = "__Host-vigil-probe=1; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax; Partitioned; Priority=High"

// Seen is what arrived at the server.
type Seen struct {
	Host    string `json:"host"`
	Method  string `json:"method"`
	URI     int    `json:"uri"` // length in bytes
	Peer    string `json:"peer"`
	Address string `json:"address"` // of the client, as the server sees it
	// PeerTrusted: the peer is one of trustedProxies.
	PeerTrusted   bool     `json:"peerTrusted"`
	TLS           bool     `json:"tls"` // it ended here
	Proto         string   `json:"proto"`
	ForwardedFor  []string `json:"forwardedFor,omitempty"`
	Origin        string   `json:"origin,omitempty"`
	FetchSite     string   `json:"fetchSite,omitempty"`
	ContentType   string   `json:"contentType,omitempty"`
	Cookie        string   `json:"cookie,omitempty"`
	Body          int      `json:"body"` // length in bytes
	BodySum       string   `json:"bodySum"`
	ForwardedHost string   `json:"forwardedHost,omitempty"`
}

// Handler answers questions with a ticket and leaves everything else to next.
type Handler struct {
	Key     Key
	Next    http.Handler
	Proxies []netip.Prefix // the trusted ones
	// Address is where a request comes from, as the server sees it.
	Address func(*http.Request) netip.Addr
	Now     func() time.Time
	Random  io.Reader
}

const (
	maxBody    = 4 << 20
	maxPad     = 32 << 10
	maxSilence = time.Minute
)

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ask := r.Header.Get(Ask)
	if ask == "" {
		h.Next.ServeHTTP(w, r)
		return
	}
	ticket, kind, _ := strings.Cut(ask, " ")
	r.Header.Del(Ask)
	if !h.Key.good(ticket, h.Now()) {
		h.Next.ServeHTTP(w, r)
		return
	}
	w.Header().Set(Nonce, h.nonce())
	switch kind {
	case Echo:
		h.echo(w, r)
	case Stream:
		stream(w, r, h.Now)
	default:
		h.Next.ServeHTTP(&noted{ResponseWriter: w}, r)
	}
}

func (h *Handler) nonce() string {
	raw := make([]byte, 12)
	if _, err := io.ReadFull(h.Random, raw); err != nil {
		return ""
	}
	return hex.EncodeToString(raw)
}

// echo tells what arrived.
func (h *Handler) echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body did not arrive", http.StatusBadRequest)
		return
	}
	sum := sha256.Sum256(body)
	seen := Seen{
		Host: r.Host, Method: r.Method, URI: len(r.RequestURI), Peer: r.RemoteAddr, Address: h.Address(r).String(), TLS: r.TLS != nil, Proto: r.Proto,
		ForwardedFor: r.Header.Values("X-Forwarded-For"), Origin: r.Header.Get("Origin"), FetchSite: r.Header.Get("Sec-Fetch-Site"),
		ContentType: r.Header.Get("Content-Type"), Cookie: r.Header.Get("Cookie"), Body: len(body), BodySum: hex.EncodeToString(sum[:]),
		ForwardedHost: r.Header.Get("X-Forwarded-Host"),
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		address := peer.Addr().Unmap().WithZone("")
		seen.Peer = address.String()
		for _, p := range h.Proxies {
			seen.PeerTrusted = seen.PeerTrusted || p.Contains(address)
		}
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Set-Cookie", Cookie)
	if pad, err := strconv.Atoi(r.Header.Get(PadBy)); err == nil && pad > 0 {
		header.Set(Pad, strings.Repeat("x", min(pad, maxPad)))
	}
	if text, err := json.Marshal(seen); err == nil {
		_, _ = w.Write(text) // an error is the connection's
	}
}

// noted notes with which headers an answer leaves.
type noted struct {
	http.ResponseWriter
	done bool
}

// WriteHeader implements http.ResponseWriter.
func (n *noted) WriteHeader(status int) {
	if !n.done {
		n.done = true
		if text, err := json.Marshal(n.Header()); err == nil {
			n.Header().Set(Sent, base64.StdEncoding.EncodeToString(text))
		}
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (n *noted) Write(p []byte) (int, error) {
	if !n.done {
		n.WriteHeader(http.StatusOK)
	}
	return n.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// Events of a stream: Beats of them at Beat, then the silence, then the last.
const (
	Beats = 4
	Beat  = 250 * time.Millisecond
	Last  = "last"
)

// stream sends events as /as/session/events does, with the same headers.
func stream(w http.ResponseWriter, r *http.Request, now func() time.Time) {
	silence := time.Second
	if asked, err := strconv.Atoi(r.Header.Get(Silence)); err == nil && asked >= 0 {
		silence = min(time.Duration(asked)*time.Millisecond, maxSilence)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	send := func(event string) bool {
		_ = control.SetWriteDeadline(now().Add(10 * time.Second))
		if _, err := io.WriteString(w, "event: "+event+"\ndata: {}\n\n"); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	wait := func(d time.Duration) bool {
		select {
		case <-r.Context().Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	w.WriteHeader(http.StatusOK)
	for i := range Beats {
		if !send("beat"+strconv.Itoa(i)) || !wait(Beat) {
			return
		}
	}
	if wait(silence) {
		send(Last)
	}
}
