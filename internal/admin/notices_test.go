package admin_test

import (
	"fmt"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// owe ends sessions whose applications are told of it, and makes dead letters of what the first of them is owed.
func (h house) owe(t *testing.T, environment string, sessions, dead int) {
	t.Helper()
	owed := func(*session.Session) []store.Addressee {
		return []store.Addressee{{ClientID: "app", Issuer: "https://sso.example.com/as"}}
	}
	for i := range sessions {
		s := &session.Session{
			ID: session.NewID(start, [16]byte{byte(i), byte(i >> 8), environment[0]}), EnvironmentID: environment, UserID: "ada", CreatedAt: start,
			LastActivity: start, IdleTimeout: time.Hour,
		}
		e := store.Ending{Reason: store.TimedOut, At: start, Keep: func(string, string) bool { return false }, Owed: owed}
		err := h.local.Live.KV.Update(t.Context(), func(tx kv.Tx) error {
			if err := store.PutNewSession(tx, s); err != nil {
				return err
			}
			if _, err := store.EndSession(tx, s.ID, e); err != nil || i >= dead {
				return err
			}
			n := *e.Notices(s)[0]
			n.Attempts, n.Problem = 30, "it answered 502"
			return store.Bury(tx, n.Key(start), &n, start)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeadLettersAreListedAndTriedAgain(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		h.owe(t, "one", 3, 2)
		h.owe(t, "two", 1, 1)
		ask := admin.NoticeList{Environment: "one", Limit: 10}
		list, err := o.Notices(t.Context(), ask)
		if err != nil || len(list) != 3 || !list[0].Dead || !list[1].Dead || list[2].Dead {
			t.Fatalf("%+v %v", list, err)
		}
		if n := list[0]; n.ClientID != "app" || n.Reason != "timed-out" || n.Attempts != 30 || n.Problem != "it answered 502" || !n.EndedAt.Equal(start) || !n.At.Equal(start) {
			t.Errorf("%+v", n)
		}
		if list, err := o.Notices(t.Context(), admin.NoticeList{Environment: "one", Limit: 1}); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		for _, none := range []admin.Replay{{Environment: "two", ID: list[0].ID}, {Environment: "one", ID: list[2].ID}, {Environment: "one", ID: "no such"}} {
			if _, err := o.ReplayNotices(t.Context(), none); code(err) != admin.CodeNotFound {
				t.Errorf("%+v: %v", none, err)
			}
		}
		if done, err := o.ReplayNotices(t.Context(), admin.Replay{Environment: "one", ID: list[0].ID}); err != nil || done.Notices != 1 {
			t.Errorf("%+v %v", done, err)
		}
		if done, err := o.ReplayNotices(t.Context(), admin.Replay{Environment: "one", ClientID: "another"}); err != nil || done.Notices != 0 {
			t.Errorf("%+v %v", done, err)
		}
		if done, err := o.ReplayNotices(t.Context(), admin.Replay{Environment: "one"}); err != nil || done.Notices != 1 {
			t.Errorf("%+v %v", done, err)
		}
		if list, err = o.Notices(t.Context(), ask); err != nil || len(list) != 3 {
			t.Fatalf("%+v %v", list, err)
		}
		for _, n := range list {
			if n.Dead || n.Attempts != 0 || !n.At.Equal(start) {
				t.Errorf("not tried again: %+v", n)
			}
		}
		if other, err := o.Notices(t.Context(), admin.NoticeList{Environment: "two", Limit: 10}); err != nil || len(other) != 1 || !other[0].Dead {
			t.Errorf("the other environment: %+v %v", other, err)
		}
	})
}

func TestMoreDeadLettersThanATransactionHoldsAreAllTriedAgain(t *testing.T) {
	h := build(t)
	h.owe(t, "one", 450, 450)
	done, err := h.local.ReplayNotices(t.Context(), admin.Replay{Environment: "one"})
	if err != nil || done.Notices != 450 {
		t.Errorf("%+v %v", done, err)
	}
	list, err := h.local.Notices(t.Context(), admin.NoticeList{Environment: "one", Limit: 1000})
	if err != nil || len(list) != 450 || list[0].Dead {
		t.Errorf("%d %v", len(list), err)
	}
}

func TestNoticesOfNoEnvironmentAndPagesOfNoSizeAreRefused(t *testing.T) {
	h := build(t)
	if _, err := h.local.Notices(t.Context(), admin.NoticeList{Environment: "three", Limit: 1}); code(err) != admin.CodeEnvironment {
		t.Error(err)
	}
	if _, err := h.local.ReplayNotices(t.Context(), admin.Replay{Environment: "three"}); code(err) != admin.CodeEnvironment {
		t.Error(err)
	}
	for _, limit := range []int{-1, 0, 1001} {
		if _, err := h.local.Notices(t.Context(), admin.NoticeList{Environment: "one", Limit: limit}); code(err) != admin.CodeInvalid {
			t.Error(fmt.Sprint(limit), err)
		}
	}
}
