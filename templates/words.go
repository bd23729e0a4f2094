package templates

// Words are what the pages say of themselves. Texts with %s name a thing.
type Words struct {
	Continue, Optional, Repeat, Choose, ToApplication     string
	ErrorPrefix, ErrorTitle, ErrorText, Reference         string
	SignedOffTitle, SignedOffText, SignedOffFrom          string
	SignedOffIncomplete                                   string
	QuestionTitle, QuestionTitleFrom                      string
	QuestionText, QuestionUser, QuestionYes, QuestionStay string
	ConsentTitle, ConsentTitleFor, ConsentText            string
	ConsentIdentity, ConsentYes, ConsentNo                string
	ConsentHome, ConsentPolicy, ConsentTerms              string
	FormPostTitle, FormPostTitleTo, FormPostText          string
	FinishedTitle, FinishedText                           string
	ExpiredTitle, ExpiredText                             string
	OtherBrowserTitle, OtherBrowserText                   string
	DeadLinkTitle, DeadLinkText                           string
	ApprovedTitle, ApprovedText                           string
	RefusedTitle, RefusedText                             string
	Waiting                                               string
	QRLabel                                               string
	Or                                                    string // between two ways to go on
	PasskeyRefused, PasskeyKnown, PasskeyUnable           string
	ProviderDown                                          string
	EffortDone, EffortUnable                              string
	DeviceTitle, DeviceText, DeviceCode                   string // the page where somebody types the code of a device
	DeviceWrong, DeviceBraked                             string
	DeviceQuestion, DeviceAsks, DeviceYes, DeviceNo       string
	// Scopes says what a scope lets an application learn or do.
	Scopes map[string]string
	// Said are sentences of places of the server in this language, by their English. Nil: they are said in English.
	Said map[string]string
}

// English gives the words of pages that name no others.
func English() *Words {
	w := &Words{
		Continue:      "Continue",
		Optional:      "optional",
		Repeat:        "%s, once more",
		Choose:        "Choose one",
		ToApplication: "to continue to %s",

		ErrorPrefix: "Error:",
		ErrorTitle:  "This did not work",
		ErrorText:   "Something went wrong on the way. Nothing was changed.",
		Reference:   "Reference",

		SignedOffTitle:      "You are signed off",
		SignedOffText:       "Your session has ended in every application that used it. You can close this window.",
		SignedOffFrom:       "You left through %s. Your session has ended in every application that used it.",
		SignedOffIncomplete: "At least one application could not be told in time. Close the browser if you share this device.",

		QuestionTitle:     "Sign off?",
		QuestionTitleFrom: "Sign off from %s?",
		QuestionText:      "This ends your session in every application that uses it.",
		QuestionUser:      "Signed on as",
		QuestionYes:       "Sign off",
		QuestionStay:      "Stay signed on",

		ConsentTitle:    "Do you agree?",
		ConsentTitleFor: "May %s learn this of you?",
		ConsentText:     "The application asks for:",
		ConsentIdentity: "Who you are here",
		ConsentYes:      "Agree", ConsentNo: "Refuse",
		ConsentHome: "About the application", ConsentPolicy: "Privacy policy", ConsentTerms: "Terms of use",
		Scopes: map[string]string{
			"profile": "Your name", "email": "Your e-mail address", "phone": "Your phone number", "address": "Your postal address",
			"offline_access": "All of this also while you are away",
		},

		FormPostTitle:   "One moment",
		FormPostTitleTo: "On to %s",
		FormPostText:    "If nothing happens, press the button.",

		FinishedTitle:     "This sign-on is finished",
		FinishedText:      "It came to its end, perhaps in another tab. There is nothing left to do here.",
		ExpiredTitle:      "This sign-on is over",
		ExpiredText:       "It came to its end already, you signed off meanwhile, or it waited too long. Go back to the application and begin again.",
		OtherBrowserTitle: "This sign-on began elsewhere",
		OtherBrowserText:  "It belongs to another browser, or this one no longer has its cookies. Go back to the application and begin again here.",

		QRLabel: "A code for the camera of your phone",

		DeadLinkTitle: "This link no longer works",
		DeadLinkText:  "It was used already, it came too late, or the sign-on that it belongs to is over. Begin again where you wanted to sign on.",
		ApprovedTitle: "Thank you",
		ApprovedText:  "Go back to where you began: that page goes on by itself. You can close this one.",
		RefusedTitle:  "That was refused",
		RefusedText:   "Nobody was signed on by this link. You can close this page.",
		Waiting:       "Waiting …",

		Or:             "or",
		PasskeyRefused: "That did not work, or it was stopped. Try again, or choose another way.",
		PasskeyKnown:   "There is a passkey of yours on this device already.",
		EffortDone:     "Checked.",
		EffortUnable:   "This page needs scripts to tell you from a program. Let your browser run them, and load the page again.",
		ProviderDown:   "This way cannot be taken just now. Try again in a moment, or choose another.",
		PasskeyUnable:  "Passkeys cannot be used in this browser or at this address.",
	}
	w.ofDevices()
	return w
}

// ofDevices adds the words of pages where people type the codes of devices.
func (w *Words) ofDevices() {
	w.DeviceTitle = "Sign on for a device"
	w.DeviceText = "Enter the code that your device shows. Go on only if you began this there yourself."
	w.DeviceCode = "Code"
	w.DeviceWrong = "That code is not good. Look again, or begin anew on the device."
	w.DeviceBraked = "Too many wrong codes came from here. Wait a while and try again."
	w.DeviceQuestion = "Is this your device?"
	w.DeviceAsks = "%s is about to sign on at %s, on the device that shows %s.\nSomebody who sent you here may want to use your name."
	w.DeviceYes = "Yes, sign on"
	w.DeviceNo = "No"
}
