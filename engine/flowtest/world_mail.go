package flowtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"regexp"
	"slices"

	"vigil/engine/connector/builtin"
)

// post takes the letters of a stage. They arrive at once.
type post struct{ *Stage }

// Send implements builtin.Mail.
func (s post) Send(_ context.Context, letter builtin.Letter) (bool, error) {
	if letter.To != "" {
		s.letters = append(slices.Clip(s.letters), letter)
	}
	return true, nil
}

// Letters are the e-mails that were sent by now, the last one last.
func (s *Stage) Letters() []builtin.Letter { return s.letters }

// What a person looks for in a letter.
var (
	digitsIn = regexp.MustCompile(`\b[0-9]{6}\b`)
	linkIn   = regexp.MustCompile(`https?://\S+`)
)

// FindIn gives the code or else the link that a letter is about. Empty: there is neither.
func FindIn(text string) string {
	if code := digitsIn.FindString(text); code != "" {
		return code
	}
	return linkIn.FindString(text)
}

// noNetwork answers nobody: what another server says, a case says.
type noNetwork struct{}

// Do implements builtin.HTTP.
func (noNetwork) Do(context.Context, builtin.HTTPRequest) (builtin.HTTPReply, error) {
	return builtin.HTTPReply{}, errors.New("there is no network in tests: give the node an answer")
}

// dice is chance on a stage: the same in every run of a case. It is for one run at a time.
type dice struct{ *Stage }

// Read implements io.Reader.
func (s dice) Read(p []byte) (int, error) {
	for i := range p {
		if i%sha256.Size == 0 {
			s.thrown++
			sum := sha256.Sum256([]byte{byte(s.thrown), byte(s.thrown >> 8), byte(s.thrown >> 16)})
			copy(p[i:], sum[:])
		}
	}
	return len(p), nil
}

// stageSecret is a secret of the stage's only environment.
func stageSecret(_, purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) }
