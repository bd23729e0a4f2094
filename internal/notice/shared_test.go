package notice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/notice"
)

// Two servers look at the same notices at the same time.
func TestOfSeveralServersOneTellsEachApplication(t *testing.T) {
	var mu sync.Mutex
	told, refusing := map[string]int{}, true
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		payload := strings.Split(string(body), ".")[1] // the signature is another each time
		mu.Lock()
		defer mu.Unlock()
		told[payload]++
		if refusing {
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}))
	defer app.Close()
	w := newWorld(t, map[string]string{"one": app.URL, "two": app.URL, "three": app.URL})
	o := w.notices.Options
	o.Shared = true
	servers := []*notice.Dispatcher{notice.New(o), notice.New(o)}
	for number := range byte(20) {
		w.end(w.begin(number, "one", "two", "three"))
	}
	attempts := func() int {
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, times := range told {
			n += times
		}
		return n
	}
	rounds := func(n int) {
		for range n {
			var both sync.WaitGroup
			for _, s := range servers {
				both.Go(func() {
					if err := s.Round(t.Context()); err != nil {
						t.Error(err)
					}
					s.Wait()
				})
			}
			both.Wait()
		}
	}
	rounds(3)
	mu.Lock()
	refusing = false
	mu.Unlock()
	waiting, _ := w.letters()
	if len(waiting) != 60 || attempts() == 0 {
		t.Fatalf("%d wait after %d attempts that failed", len(waiting), attempts())
	}
	for range 10 {
		w.clock = w.clock.Add(time.Minute)
		rounds(2)
	}
	waiting, dead := w.letters()
	if len(waiting)+len(dead) != 0 {
		t.Errorf("%d wait, %d are dead", len(waiting), len(dead))
	}
	for payload, times := range told {
		if times != 1 {
			t.Errorf("%s was sent %d times", payload, times)
		}
	}
	for _, s := range servers {
		s.Close()
	}
}

func TestAServerThatStopsGivesBackWhatItBrokeOff(t *testing.T) {
	asked := make(chan struct{}, 2)
	answers, left := make(chan int, 1), make(chan struct{}, 2)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices who hangs up
		asked <- struct{}{}
		select {
		case status := <-answers:
			w.WriteHeader(status)
		case <-r.Context().Done():
		}
		left <- struct{}{}
	}))
	defer app.Close()
	w := newWorld(t, map[string]string{"one": app.URL})
	o := w.notices.Options
	o.Shared = true
	stopping, staying := notice.New(o), notice.New(o)
	w.end(w.begin(1, "one"))
	if err := stopping.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := staying.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	staying.Wait()
	if len(asked) != 0 {
		t.Error("both servers ask the application")
	}
	stopping.Close()
	<-left
	answers <- http.StatusOK
	if err := staying.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	staying.Wait()
	staying.Close()
	if waiting, dead := w.letters(); len(waiting)+len(dead) != 0 || len(asked) != 1 {
		t.Errorf("%d wait, %d are dead, asked %d times more", len(waiting), len(dead), len(asked))
	}
}
