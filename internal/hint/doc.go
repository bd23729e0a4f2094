// Package hint reads an id_token_hint: whom it names, for which application and in which session. Expired tokens are good hints.
//
// It owns what makes an ID token of ours a hint for one base; what follows from it is for authorize and signoff to say.
package hint
