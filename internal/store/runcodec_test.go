package store

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"vigil/internal/session"
)

// sampleRun has something in every field.
func sampleRun() *Run {
	sid := session.ID{7}
	return &Run{
		ID: RunID{1, 2, 3}, EnvironmentID: "env", Origin: "https://sso.example.com", Prefix: "/env", Realm: "/beta", BrowserDigest: [32]byte{9},
		Interaction: 3, Bound: true, Policy: "policy", Flow: "sign-on", FlowHash: "hash", State: []byte(`{"a":1}`), Version: 4,
		Request: []byte(`{"b":2}`), FlowRequest: []byte(`{}`), Return: "/as/resume", Challenge: &ChallengeID{5}, Alone: true, Recorded: true,
		Application: "Portal", StartedAt: time.Date(2026, 11, 22, 12, 0, 0, 5, time.UTC), StartedIn: &sid,
		Back:    &Back{ClientID: "app", URL: "https://app.example.com/back", Code: true},
		Outcome: &Outcome{SessionID: &sid, Scopes: []string{"openid"}, ACR: "mfa", IDTokenClaims: json.RawMessage(`{"c":3}`)},
	}
}

func TestARunComesBackAsItWasWritten(t *testing.T) {
	full := reflect.ValueOf(sampleRun()).Elem()
	for i := range full.NumField() {
		field := full.Type().Field(i)
		if full.Field(i).IsZero() && field.IsExported() && field.Name != "Tape" { // which goes elsewhere
			t.Fatalf("the sample has nothing in %s", field.Name)
		}
	}
	for i := -1; i < full.NumField(); i++ {
		r := sampleRun()
		if i >= 0 && full.Type().Field(i).IsExported() && full.Type().Field(i).Name != "StartedAt" {
			reflect.ValueOf(r).Elem().Field(i).SetZero()
		}
		written, err := encodeRun(r)
		if err != nil {
			t.Fatal(err)
		}
		got := &Run{ID: r.ID}
		r.stored = string(written)
		if err := decodeRun(got, written); err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, r)
		}
	}
}

func TestADamagedRunIsAnErrorAndNeverAHalfOne(t *testing.T) {
	whole, err := encodeRun(sampleRun())
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := decodeRun(&Run{}, whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a run", n, len(whole))
		}
	}
	if err := decodeRun(&Run{}, append(whole, 0)); err == nil {
		t.Fatal("a byte too many was taken")
	}
}
