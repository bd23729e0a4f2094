package server

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"vigil/internal/config"
)

func TestAnAddressThatCannotBeHadIsNamedWithTheReasonAndWhatHelps(t *testing.T) {
	for reason, says := range map[syscall.Errno]string{
		syscall.EADDRINUSE:    "listen on 127.0.0.1:80: address already in use: another process listens there",
		syscall.EADDRNOTAVAIL: "listen on 127.0.0.1:80: cannot assign requested address: this machine has no such address",
		syscall.EACCES:        "listen on 127.0.0.1:80: permission denied: ports below 1024 need a permission, such as AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd's unit",
		syscall.EMFILE:        "listen on 127.0.0.1:80: too many open files",
	} {
		err := cannotListen("127.0.0.1:80", &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", reason)})
		if err.Error() != says {
			t.Errorf("said %q, wanted %q", err, says)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	f := newFactory(t)
	f.options.Config.Listen = []string{taken.Addr().String()}
	if _, err := f.Listen(); err == nil || !strings.Contains(err.Error(), "another process listens there") || strings.Contains(err.Error(), "redirect") {
		t.Errorf("said %v", err)
	}
	f.options.Config.Listen, f.options.Config.TLS = []string{"127.0.0.1:0"}, &config.TLS{Redirect: []string{taken.Addr().String()}}
	if _, err := f.Listen(); err == nil || !strings.Contains(err.Error(), "another process listens there; plain HTTP would lead from there to https, and tls: {redirect: []} does without") {
		t.Errorf("said %v", err)
	}
}
