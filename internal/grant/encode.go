package grant

import (
	"encoding/binary"
	"time"
)

// format is the first byte of an encoded grant; another one is not read.
const format = 3

// encode spells a grant in bytes: format, id, times, then texts with their lengths. The environment is not among them: the seal is bound to it.
func encode(g *Grant) []byte {
	texts := g.texts()
	n := 1 + len(g.ID) + 3*8 + 2
	for _, t := range texts {
		n += len(*t) + 3
	}
	b := make([]byte, 0, n+len(g.SessionID)+len(g.IDTokenClaims)+len(g.AccessTokenClaims)+9+16*len(g.AMR))
	b = append(b, format)
	b = append(b, g.ID[:]...)
	b = binary.AppendVarint(b, g.IssuedAt.UnixMilli())
	b = binary.AppendVarint(b, g.Expires.UnixMilli())
	b = binary.AppendVarint(b, g.AuthTime.Unix())
	for _, t := range texts {
		b = appendText(b, *t)
	}
	b = appendText(b, g.SessionID)
	b = appendText(b, g.IDTokenClaims)
	b = appendText(b, g.AccessTokenClaims)
	b = binary.AppendUvarint(b, uint64(len(g.AMR)))
	for _, method := range g.AMR {
		b = appendText(b, method)
	}
	b = binary.AppendUvarint(b, uint64(len(g.Resources)))
	for _, resource := range g.Resources {
		b = appendText(b, resource)
	}
	return b
}

// texts lists the plain texts of a grant in the order in which they are spelled.
func (g *Grant) texts() []*string {
	return []*string{
		&g.Issuer, &g.ClientID, &g.RedirectURI, &g.UserID, &g.Scope, &g.Nonce, &g.CodeChallenge, &g.CodeChallengeMethod, &g.ACR, &g.KeyThumbprint,
	}
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decode reads what encode wrote. ErrInvalid.
func decode(b []byte) (*Grant, error) {
	g := &Grant{}
	c := &cursor{rest: b}
	if c.take(1)[0] != format {
		return nil, ErrInvalid
	}
	copy(g.ID[:], c.take(uint64(len(g.ID))))
	g.IssuedAt = time.UnixMilli(c.number())
	g.Expires = time.UnixMilli(c.number())
	g.AuthTime = time.Unix(c.number(), 0)
	for _, t := range g.texts() {
		*t = string(c.text())
	}
	g.SessionID, g.IDTokenClaims, g.AccessTokenClaims = c.text(), c.text(), c.text()
	for n := c.length(); n > 0 && !c.bad; n-- {
		g.AMR = append(g.AMR, string(c.text()))
	}
	for n := c.length(); n > 0 && !c.bad; n-- {
		g.Resources = append(g.Resources, string(c.text()))
	}
	if c.bad || len(c.rest) > 0 {
		return nil, ErrInvalid
	}
	return g, nil
}

// cursor reads from the front. After a fault it gives empty values and stays bad.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.bad, c.rest = true, nil
		return make([]byte, min(n, uint64(len(ID{}))))
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) text() []byte { return c.take(c.length()) }

func (c *cursor) length() uint64 {
	n, size := binary.Uvarint(c.rest)
	return uint64(c.skip(int64(n), size))
}

func (c *cursor) number() int64 {
	n, size := binary.Varint(c.rest)
	return c.skip(n, size)
}

func (c *cursor) skip(n int64, size int) int64 {
	if size <= 0 {
		c.bad, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[size:]
	return n
}
