package useragent

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
)

// cookieMarks holds what flows gave this browser to be known by: one mark for each person who wanted that.
const cookieMarks = "DEVICE"

const (
	markSize = 16
	maxMarks = 5 // of one browser. The oldest goes first
)

// MarkLife is the longest that a browser keeps a mark. Browsers keep no cookie for longer than 400 days (RFC 6265bis 5.5).
const MarkLife = 400 * 24 * time.Hour

// Marks are the marks that the browser brought, the oldest first. One that this host did not give is none.
func (a *Agent) Marks() []string {
	var marks []string
	for _, one := range a.openMarks() {
		marks = append(marks, base64.RawURLEncoding.EncodeToString(one[:]))
	}
	return marks
}

// NewMark makes a mark. Mark writes it.
func NewMark(random io.Reader) (string, error) {
	var mark [markSize]byte
	if _, err := io.ReadFull(random, mark[:]); err != nil {
		return "", fmt.Errorf("make mark: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(mark[:]), nil
}

// Mark writes marks beside those that the browser brought.
func (a *Agent) Mark(h http.Header, life time.Duration, marks ...string) error {
	all := a.openMarks()
	for _, mark := range marks {
		raw, err := base64.RawURLEncoding.DecodeString(mark)
		if err != nil || len(raw) != markSize {
			return fmt.Errorf("write mark: it is none of ours")
		}
		all = append(all, [markSize]byte(raw))
	}
	all = all[max(0, len(all)-maxMarks):]
	plain := make([]byte, 0, maxMarks*markSize)
	for _, one := range all {
		plain = append(plain, one[:]...)
	}
	sealed, err := securecookie.EncodeMulti(a.marksName(), plain, a.codecs...)
	if err != nil {
		return fmt.Errorf("seal marks: %w", err)
	}
	if !a.withheld() {
		writer{header: h, base: a.Base}.hidden(cookieMarks, sealed, min(life, MarkLife))
	}
	return nil
}

// marksName binds marks to their host: sealed for another host, they do not open here.
func (a *Agent) marksName() string { return cookieMarks + "@" + a.Base.Origin + a.Base.Prefix }

func (a *Agent) openMarks() [][markSize]byte {
	var plain []byte
	if a.marked == "" || securecookie.DecodeMulti(a.marksName(), a.marked, &plain, a.codecs...) != nil || len(plain)%markSize != 0 {
		return nil
	}
	marks := make([][markSize]byte, 0, maxMarks)
	for ; len(plain) > 0 && len(marks) < maxMarks; plain = plain[markSize:] {
		marks = append(marks, [markSize]byte(plain))
	}
	return marks
}
