// Package directory keeps the users of every environment and answers whether a password is theirs.
//
// It owns the records user, userByName, userByEmail, newcomer and leaver, and the rules for what a user may hold.
//
// Verbs: Add, Find, ByID, List, Update, SetPassword, SetEnabled, BumpEpoch, Unlock, CheckPassword; Register for strangers;
// Amend, ChoosePassword and ProveEmail for whoever proved to be the user; Leave for who is deleted; Get, Guard, Admit
// and Remove for those who compose a transaction of their own.
//
// User names are unique in their environment, whatever their case; e-mail addresses need not be, and lead to a user
// only while they are one user's alone, or one alone proved them. One that a user only claims leads nowhere. A user's Epoch goes up whenever proofs given earlier must no longer start
// sessions: Guard compares it inside the transaction that starts one.
//
// It does not end sessions, and it does not decide who may call it. Hashes are package password's work, lock-outs
// package attempts'.
package directory
