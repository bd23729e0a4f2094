package templates

import "time"

// Page is what all pages have in common. Its zero value is a page in English,
// named Vigil, with the files of static/ under /static/.
type Page struct {
	// Language is the BCP 47 tag of the page's words. Zero: "en".
	Language string
	// Product is the name of the environment, shown at the top and in the
	// title of the window. Zero: "Vigil".
	Product string
	// StyleURL is the stylesheet. Zero: "/static/vigil.css".
	StyleURL string
	// LogoURL is the image beside the name. Zero: "/static/logo.svg".
	LogoURL string
	// IconURL is the icon of the window. Zero: "/static/favicon.svg".
	IconURL string
	// Words are the page's own words. Nil: English.
	Words *Words
}

func (p Page) withDefaults() Page {
	for _, field := range []struct {
		value  *string
		absent string
	}{
		{&p.Language, "en"},
		{&p.Product, "Vigil"},
		{&p.StyleURL, "/static/vigil.css"},
		{&p.LogoURL, "/static/logo.svg"},
		{&p.IconURL, "/static/favicon.svg"},
	} {
		if *field.value == "" {
			*field.value = field.absent
		}
	}
	if p.Words == nil {
		p.Words = English()
	}
	return p
}

// Link is a way on. Its zero value is no link.
type Link struct {
	// Label is the application that it leads to. Zero: nobody is named.
	Label string
	// URL is http, https or a path. Any other scheme is rendered harmless. Zero: there is no way.
	URL string
}

// Hidden is an input that the person does not see.
type Hidden struct {
	Name, Value string
}

// ErrorPage tells a person that something cannot go on, and what to do.
// Neither field may carry raw input of the request: say what was wrong with
// which parameter, not what it held.
type ErrorPage struct {
	Page
	// Title and Message say what happened. Zero: words for "something went wrong".
	Title, Message string
	// Advice is what the person can do, one sentence an entry. May be empty.
	Advice []string
	// Reference is what the operator finds this event by. Zero: not shown.
	Reference string
	// Continue leads out, for example back to the application. Zero: no way on.
	Continue Link
}

// SignedOffPage confirms a sign-off.
type SignedOffPage struct {
	Page
	// Application is the one that asked for the sign-off. Zero: not named.
	Application string
	// Incomplete is true when some application could not be told in time.
	Incomplete bool
	// Continue leads on. Zero: no link.
	Continue Link
}

// SigningOffPage tells applications in the browser that the session ended, in
// frames that nobody sees, and then goes on (OIDC Front-Channel Logout 3).
type SigningOffPage struct {
	Page
	// Application is the one that asked for the sign-off. Zero: not named.
	Application string
	// Incomplete is true when some application could not be told in time.
	Incomplete bool
	// Frames are the pages to load, http or https.
	Frames []string
	// Onward is where the person goes when all are loaded: http, https, a path
	// or a native application's scheme. Zero: nowhere, they stay.
	Onward string
	// Patience is how long to wait for the frames.
	Patience time.Duration
}

// The buttons of SignOffQuestionPage, sent as the value of ButtonInput.
const (
	ButtonSignOff = "signOff"
	ButtonStay    = "stay"
)

// SignOffQuestionPage asks whether the person means to sign off. Its form is
// posted to Action with Hidden and one of ButtonSignOff and ButtonStay.
type SignOffQuestionPage struct {
	Page
	// Application is the one that asks. Zero: the page names nobody.
	Application string
	// User is the signed-on person as they know themselves. Zero: not shown.
	User string
	// Action is the URL that takes the answer.
	Action string
	// Hidden goes with the answer, such as the token against forged posts.
	Hidden []Hidden
}

// FormPostPage carries an authorization response to the application. The page
// posts itself; a person without script finds a button.
type FormPostPage struct {
	Page
	// Application is where the person goes. Zero: the page names nobody.
	Application string
	// Action is the application's redirect URI, http or https.
	Action string
	// Fields are the parameters of the response.
	Fields []Hidden
}

// Reason says why a sign-on cannot go on here.
type Reason int

// The reasons of an AlreadyDonePage.
const (
	// Finished: the sign-on came to its end, perhaps in another tab.
	Finished Reason = iota
	// Expired: there is no such run any more. It waited too long, came to its end, or the session that it began in did.
	Expired
	// OtherBrowser: it began in another browser, or this one lost its cookies.
	OtherBrowser
	// DeadLink: a link was used already, came too late, or what asked for it is over.
	DeadLink
	// Approved and Refused: a link was answered, and another browser goes on.
	Approved
	Refused
)

// AlreadyDonePage is shown for a sign-on that is over or belongs elsewhere.
type AlreadyDonePage struct {
	Page
	Reason Reason
	// Continue leads to where the person can begin again. Zero: no link.
	Continue Link
}

// Title is the heading for the page's reason.
func (p AlreadyDonePage) Title() string {
	return [...]string{p.Words.FinishedTitle, p.Words.ExpiredTitle, p.Words.OtherBrowserTitle, p.Words.DeadLinkTitle, p.Words.ApprovedTitle, p.Words.RefusedTitle}[p.known()]
}

// Message says what the reason means for the person.
func (p AlreadyDonePage) Message() string {
	return [...]string{p.Words.FinishedText, p.Words.ExpiredText, p.Words.OtherBrowserText, p.Words.DeadLinkText, p.Words.ApprovedText, p.Words.RefusedText}[p.known()]
}

func (p AlreadyDonePage) known() Reason {
	if p.Reason < Finished || p.Reason > Refused {
		return Finished
	}
	return p.Reason
}
