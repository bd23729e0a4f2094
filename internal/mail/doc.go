// Package mail sends the e-mails of flows: after the answer, so that nobody can tell by the time whether there was anything to send, and again until
// they leave or are of no use any more.
//
// It owns the buckets mail and mailDead, where letters wait, encrypted; how often one is tried (after 5 s, then twice as long each time, at
// most 10 min, for a day or as long as what is in it is good); the brake (10 letters an hour on one account); and SMTP, through go-mail.
// A letter leaves at least once; its Message-ID stays the same. What could not be sent is kept for a week without its text, for operators.
//
// It writes no letters: capabilities of flows do. Package background calls Round; Send begins one by itself.
package mail
