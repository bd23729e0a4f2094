package connector_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"vigil/engine/connector"
)

func full() connector.Request {
	return connector.Request{
		ClientID: "app", LoginHint: "ada", Scopes: []string{"openid", "email"}, ACRValues: []string{"mfa"}, MaxAge: time.Hour, IP: "192.0.2.1", Country: "PT",
		Language: "de", UserCode: "WDJB-MJHT", Locale: "de", Reauthenticate: true,
		Browser: connector.Browser{Name: "Firefox", Version: "140", Platform: "Linux", Passkeys: true},
	}
}

func TestARequestComesBackAsItWasKept(t *testing.T) {
	whole := reflect.ValueOf(full())
	for i := range whole.NumField() {
		if whole.Field(i).IsZero() {
			t.Fatalf("the sample has nothing in %s", whole.Type().Field(i).Name)
		}
	}
	for i := -1; i < whole.NumField(); i++ {
		want := full()
		if i >= 0 {
			reflect.ValueOf(&want).Elem().Field(i).SetZero()
		}
		kept, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got connector.Request
		if err := got.UnmarshalBinary(kept); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
		for n := range kept {
			if err := got.UnmarshalBinary(kept[:n]); err == nil {
				t.Fatalf("the first %d of %d bytes were taken for a request", n, len(kept))
			}
		}
		if err := got.UnmarshalBinary(append(kept, 0)); err == nil {
			t.Fatal("a byte too many was taken")
		}
		earlier, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.UnmarshalBinary(earlier); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("as an earlier program kept it: %v\n got %+v\nwant %+v", err, got, want)
		}
	}
}
