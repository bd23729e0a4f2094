// Package departure deletes a user with all that is the user's own.
//
// It owns the order: first nobody can sign on as the user any more, then the sessions end, each with its refresh tokens and the news that its
// applications are owed, then everything that was kept of the user goes, and the record last. A crash between leaves a user who is leaving; Finish
// goes on from there.
//
// Verbs: Delete, Finish. It does not decide who may be deleted. What is kept of a user is listed in New.
package departure
