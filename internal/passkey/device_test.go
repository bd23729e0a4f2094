package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// The flags of WebAuthn 6.1.
const (
	present        byte = 1 << 0
	verified       byte = 1 << 2
	backupEligible byte = 1 << 3
	attested       byte = 1 << 6
)

// device is an authenticator with one key. What a test changes of it is what it lies about.
type device struct {
	t         *testing.T
	key       *ecdsa.PrivateKey
	id        []byte
	handle    []byte // who the key is for, as it was told when it was made
	origin    string
	party     string // empty: as asked
	challenge string // empty: as asked
	ceremony  string // empty: the right one
	flags     byte
	count     uint32
	counts    bool
	framed    bool // the page lay in a frame of another site
	broken    bool // it signs something else
}

func newDevice(t *testing.T, origin string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 20)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key, id: id, origin: origin, flags: present | verified, counts: true}
}

func (d *device) copy() *device {
	c := *d
	c.id, c.handle = slices.Clone(d.id), slices.Clone(d.handle)
	return &c
}

func (d *device) name() string { return spelled(d.id) }

func spelled(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// asked are the options that matter here.
type asked struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

func (d *device) read(options json.RawMessage) (a asked) {
	d.t.Helper()
	if err := json.Unmarshal(options, &a); err != nil {
		d.t.Fatal(err)
	}
	if a.RPID == "" {
		a.RPID = a.RP.ID
	}
	if d.party != "" {
		a.RPID = d.party
	}
	if d.challenge != "" {
		a.Challenge = d.challenge
	}
	return a
}

// client is the client data.
func (d *device) client(a asked, ceremony string) []byte {
	if d.ceremony != "" {
		ceremony = d.ceremony
	}
	data := map[string]any{"type": ceremony, "challenge": a.Challenge, "origin": d.origin, "crossOrigin": d.framed}
	if d.framed {
		data["topOrigin"] = "https://stranger.example.com"
	}
	raw, err := json.Marshal(data)
	if err != nil {
		d.t.Fatal(err)
	}
	return raw
}

// data is the authenticator data of WebAuthn 6.1.
func (d *device) data(a asked, flags byte, rest []byte) []byte {
	if d.counts {
		d.count++
	}
	count := d.count
	if !d.counts {
		count = 0
	}
	party := sha256.Sum256([]byte(a.RPID))
	return append(binary.BigEndian.AppendUint32(append(party[:], flags), count), rest...)
}

// create answers navigator.credentials.create.
func (d *device) create(options json.RawMessage) string {
	d.t.Helper()
	a := d.read(options)
	var err error
	if d.handle, err = base64.RawURLEncoding.DecodeString(a.User.ID); err != nil {
		d.t.Fatal(err)
	}
	d.counts = false // it counts from the first use
	credential := append(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(d.id)))...)
	credential = append(append(credential, d.id...), d.public()...)
	data := d.data(a, d.flags|attested, credential)
	d.counts = true
	// CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
	object := append([]byte{0xa3, 0x63}, "fmt\x64none\x67attStmt\xa0\x68authData\x58"...)
	object = append(append(object, byte(len(data))), data...)
	return d.answer(map[string]any{"clientDataJSON": spelled(d.client(a, "webauthn.create")), "attestationObject": spelled(object), "transports": []string{"internal"}})
}

// public is the key as COSE writes it: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
func (d *device) public() []byte {
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.t.Fatal(err)
	}
	x, y := point[1:33], point[33:]
	key := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, x...)
	return append(append(key, 0x22, 0x58, 0x20), y...)
}

// get answers navigator.credentials.get.
func (d *device) get(options json.RawMessage) string {
	d.t.Helper()
	a := d.read(options)
	client, data := d.client(a, "webauthn.get"), d.data(a, d.flags, nil)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	if d.broken {
		digest[0] ^= 1
	}
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		d.t.Fatal(err)
	}
	response := map[string]any{"clientDataJSON": spelled(client), "authenticatorData": spelled(data), "signature": spelled(signature)}
	if d.handle != nil {
		response["userHandle"] = spelled(d.handle)
	}
	return d.answer(response)
}

func (d *device) answer(response map[string]any) string {
	raw, err := json.Marshal(map[string]any{
		"id": spelled(d.id), "rawId": spelled(d.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(raw)
}
