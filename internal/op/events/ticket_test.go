package events_test

import (
	"strings"
	"testing"
	"time"

	"vigil/internal/store"
)

func TestATicketOpensOneStreamThatTellsTheEndingAlone(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	status, ticket := w.ticket(ada.idToken(), app) // the token expired in 1970
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	s := w.byTicket(ticket, app)
	if s.header.Get("Access-Control-Allow-Origin") != app {
		t.Error("the page cannot read the stream")
	}
	s.next("ticket")
	w.server.Sessions.Touch(ada.session.ID, w.now().Add(time.Second))
	s.silent(100 * time.Millisecond)
	if again := w.byTicket(ticket, app); again.status != 403 {
		t.Errorf("the second use is answered %d", again.status)
	}
	ada.end(store.Deleted)
	if last := s.next("ended"); last.data["p"] != "" {
		t.Errorf("an application learns %v", last.data)
	}
	s.next("end")
}

func TestEachStreamHandsOutTheTicketOfTheNext(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	_, ticket := w.ticket(ada.idToken(), app)
	for range 3 {
		s := w.byTicket(ticket, app)
		next, _ := s.next("ticket").data["ticket"].(string)
		if next == "" || next == ticket {
			t.Fatalf("the next ticket is %q", next)
		}
		w.advance(5 * time.Minute) // longer than a ticket lives that was asked for
		s.close()
		s.next("end")
		ticket = next
	}
	w.advance(11*time.Minute + time.Second)
	if s := w.byTicket(ticket, app); s.status != 403 {
		t.Errorf("a minute after its stream had to end a ticket is answered %d", s.status)
	}
}

func TestATicketThatWasChangedOrMadeUpOpensNothing(t *testing.T) {
	w := newWorld(t)
	_, ticket := w.ticket(w.signedOn(1).idToken(), app)
	for _, other := range []string{"", "x", ticket + "x", ticket[:len(ticket)-2], "A" + ticket[1:], ticket[:40] + "AAAA" + ticket[44:], strings.Repeat("A", len(ticket))} {
		if s := w.byTicket(other, app); s.status != 403 {
			t.Errorf("%q is answered %d", other, s.status)
		}
	}
	if s := w.byTicket(ticket, app); s.status != 200 {
		t.Errorf("the ticket itself is answered %d", s.status)
	}
}

func TestATicketWaitsAMinute(t *testing.T) {
	w := newWorld(t)
	_, ticket := w.ticket(w.signedOn(1).idToken(), app)
	w.advance(61 * time.Second)
	if s := w.byTicket(ticket, app); s.status != 403 {
		t.Errorf("status %d", s.status)
	}
}

func TestATicketIsForTheOriginThatAskedAlone(t *testing.T) {
	w := newWorld(t)
	ada := w.signedOn(1)
	for _, origin := range []string{"https://other.example.com", "https://evil.example.com", ""} {
		if status, _ := w.ticket(ada.idToken(), origin); status != 403 {
			t.Errorf("%q is given a ticket: %d", origin, status)
		}
		_, ticket := w.ticket(ada.idToken(), app)
		if s := w.byTicket(ticket, origin); s.status != 403 {
			t.Errorf("%q streams with another's ticket: %d", origin, s.status)
		}
	}
	if status, _ := w.ticket(ada.idToken()+"x", app); status != 400 {
		t.Errorf("a false token is answered %d", status)
	}
}

func TestThereIsNoTicketForASessionThatEnded(t *testing.T) {
	w := newWorld(t)
	ada, grace := w.signedOn(1), w.signedOn(2)
	_, ticket := w.ticket(ada.idToken(), app)
	ada.end(store.SignedOff)
	if status, _ := w.ticket(ada.idToken(), app); status != 401 {
		t.Errorf("status %d", status)
	}
	s := w.byTicket(ticket, app) // given while it lived
	s.next("ticket")
	s.next("ended")
	grace.session.UserID = "grace"
	if status, _ := w.ticket(grace.idToken(), app); status != 200 {
		t.Errorf("another session is answered %d", status)
	}
}
