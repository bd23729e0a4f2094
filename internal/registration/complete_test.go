package registration

import "testing"

func TestWhatIsLeftOutIsFilledInEveryTime(t *testing.T) {
	for range 100 { // the order of a map is another one each time
		m := Metadata{"redirect_uris": []byte(`["https://n.example.com/c"]`)}
		m.complete()
		for name, want := range map[string]string{
			"grant_types": `["authorization_code"]`, "response_types": `["code"]`, "token_endpoint_auth_method": `"client_secret_basic"`,
			"application_type": `"web"`, "id_token_signed_response_alg": `"RS256"`, "subject_type": `"public"`,
		} {
			if string(m[name]) != want {
				t.Fatalf("%s is %s, wanted %s", name, m[name], want)
			}
		}
	}
}
