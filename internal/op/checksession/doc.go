// Package checksession serves the check-session iframe and answers its one question.
//
// It owns GET /as/checksession and GET /as/checksession/registered. What the page does is package iframe's; this sets no cookie.
package checksession
