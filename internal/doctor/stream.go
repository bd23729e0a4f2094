package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigil/internal/probe"
)

const (
	checkStream = "stream"
	streamPath  = "/as/session/events"
)

// stream listens as a page does that waits for the end of a session.
func (d *doctor) stream(ctx context.Context, p *patient) {
	if d.Ticket == "" || d.Quick {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d.Silence+callTimeout)
	defer cancel()
	began := d.Now()
	response, err := d.send(ctx, question{path: streamPath, kind: probe.Stream, header: map[string]string{
		"Accept": "text/event-stream", "Accept-Encoding": "gzip, deflate, br, zstd", probe.Silence: strconv.FormatInt(d.Silence.Milliseconds(), 10),
	}})
	if err != nil {
		p.add(Finding{Check: checkStream, Severity: Error, Summary: "the stream of events does not begin: " + err.Error(), Why: "pages learn of the end of a session at their next visit only"})
		return
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.Header.Get(probe.Nonce) == "":
		return // arrival says so
	case response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream"):
		p.add(Finding{Check: checkStream, Severity: Error, Summary: fmt.Sprintf("the stream is answered with %d and %s", response.StatusCode, or(response.Header.Get("Content-Type"), "no type")), Why: "browsers accept text/event-stream alone"})
		return
	}
	if packing := response.Header.Get("Content-Encoding"); packing != "" {
		p.add(Finding{
			Check: checkStream, Severity: Error, Summary: "the stream is compressed (" + packing + ")", Why: "what packs it gathers events first: pages hear of them late, or not at all",
			Mend: []Mend{nginx("gzip_types without text/event-stream, or gzip off; for " + streamPath), apache("SetEnvIf Request_URI " + streamPath + " no-gzip"), caddy("encode { match { header Content-Type text/html* application/* } }")},
		})
		return
	}
	d.listen(p, response.Body, began)
}

// heard is when an event came, and how the stream ended.
type heard struct {
	beats []time.Duration // since the beginning
	last  bool
	err   error
}

func (d *doctor) hear(body io.Reader, began time.Time) heard {
	var h heard
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		name, event := strings.CutPrefix(lines.Text(), "event: ")
		switch {
		case !event:
		case name == probe.Last:
			h.last = true
		default:
			h.beats = append(h.beats, d.Now().Sub(began))
		}
	}
	h.err = lines.Err()
	return h
}

// listen judges the times at which events came.
func (d *doctor) listen(p *patient, body io.Reader, began time.Time) {
	h := d.hear(body, began)
	ended := d.Now().Sub(began)
	buffering := []Mend{nginx("proxy_buffering off;"), apache("ProxyPass " + streamPath + " http://127.0.0.1:8080" + streamPath + " flushpackets=on"), caddy("reverse_proxy { flush_interval -1 }")}
	// Events are sent in steps of probe.Beat. Gathered ones come together, at the end of the stream or of what was silent.
	together := len(h.beats) > 1 && h.beats[len(h.beats)-1]-h.beats[0] < probe.Beat
	switch {
	case len(h.beats) == 0:
		p.add(Finding{Check: checkStream, Severity: Error, Summary: fmt.Sprintf("no event came within %v", ended.Round(time.Second)), Why: "the proxy gathers the stream and ends it first: pages never hear of an end", Mend: buffering})
	case together:
		p.add(Finding{Check: checkStream, Severity: Error, Summary: fmt.Sprintf("events that were sent one by one came together after %v", h.beats[0].Round(100*time.Millisecond)), Why: "the proxy gathers the stream: pages hear of an end when it is too late", Mend: buffering})
	case !h.last:
		how := "ended it"
		if h.err != nil && !errors.Is(h.err, io.EOF) {
			how = "broke it off"
		}
		silent := (ended - h.beats[len(h.beats)-1]).Round(time.Second)
		p.add(Finding{
			Check: checkStream, Severity: Error, Summary: fmt.Sprintf("something in front %s after %v of silence", how, silent), Why: "the server says something every 25 seconds: a proxy must wait longer than that, a minute or more",
			Mend: []Mend{nginx("proxy_read_timeout 60s;"), apache("ProxyTimeout 60"), caddy("reverse_proxy { transport http { read_timeout 60s } }"), {"HAProxy", "timeout server 60s"}},
		})
	default:
		p.ok(checkStream, fmt.Sprintf("events come one by one, and a silence of %v is borne", d.Silence))
	}
}
