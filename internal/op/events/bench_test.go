package events_test

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkIdleStreams holds a thousand streams of a thousand sessions. The browsers are bare connections, so what is measured is the server.
func BenchmarkIdleStreams(b *testing.B) {
	const streams, watched = 1000, 5 * time.Second
	for b.Loop() {
		w := newWorld(b)
		people := make([]*person, streams)
		for i := range people {
			people[i] = w.signedOnAs(byte(i), byte(i>>8))
		}
		before := inUse()
		lines := make([]*bufio.Reader, streams)
		for i, p := range people {
			conn, err := net.Dial("tcp", "127.0.0.1:"+w.port)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			fmt.Fprintf(conn, "GET /as/session/events HTTP/1.1\r\nHost: auth.vigil.localhost:%s\r\nCookie: %s\r\n\r\n", w.port, p.cookies)
			lines[i] = bufio.NewReaderSize(conn, 512)
			until(b, lines[i], "event: extended")
		}
		b.ReportMetric(float64(inUse()-before)/streams/1024, "KiB/stream")
		cpu := processTime(b)
		time.Sleep(watched)
		b.ReportMetric(float64(processTime(b)-cpu)/float64(watched)*100, "%CPU")
		begun := time.Now()
		people[streams-1].end("deleted")
		until(b, lines[streams-1], "event: ended")
		b.ReportMetric(float64(time.Since(begun).Microseconds()), "us/ending")
	}
}

func until(b *testing.B, in *bufio.Reader, want string) {
	for {
		got, err := in.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if strings.HasPrefix(got, want) {
			return
		}
	}
}

// inUse is the memory of the process that garbage collection leaves, stacks among it.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func processTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
