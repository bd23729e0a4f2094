// Package activity takes the word of an application that a human is there, and keeps the session from idling.
//
// It owns POST /as/session/activity. The browser's countdown is written and nothing else, so that a late answer of an old session cannot touch a new one.
package activity
