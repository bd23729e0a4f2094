package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The roles in which this program starts itself again.
const (
	roleVigil = "serve-vigil"
	roleFloor = "serve-floor"
)

// peerFolder is where `make bench` installs the peer.
const peerFolder = "internal/bench/peer"

// child is a server in a process of its own, so that its CPU time is its own.
type child struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	address string
	proxied bool // it is told that TLS ends before it
}

// start runs this program in a role.
func start(role string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return run(exec.Command(self, role))
}

// startPeer runs node-oidc-provider. Nil: it is not installed.
func startPeer() (*child, error) {
	if !installed(filepath.Join(peerFolder, "node_modules", "oidc-provider")) {
		return nil, nil
	}
	cmd := exec.Command("node", "peer.js")
	cmd.Dir, cmd.Env = peerFolder, append(os.Environ(), "NODE_ENV=production")
	c, err := run(cmd)
	if err == nil {
		c.proxied = true
	}
	return c, err
}

func installed(folder string) bool {
	_, err := os.Stat(folder)
	return err == nil
}

// run starts a server and waits for its address.
func run(cmd *exec.Cmd) (*child, error) {
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s did not start: %w", cmd, err)
	}
	return &child{cmd: cmd, stdin: stdin, address: strings.TrimSpace(line)}, nil
}

func (c *child) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
}

// serve answers on a free port, tells it, and ends when the parent closes stdin.
func serve(out io.Writer, in io.Reader, h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// cpu is the time that the process has spent so far, from proc(5).
func (c *child) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, err
	}
	const tick = time.Second / 100
	return time.Duration(user+system) * tick, nil
}

// status is a line of proc(5) about the memory of the process, in MB: "VmHWM:" is the most it held at once, "RssAnon:" what is its own. Zero: not known.
func (c *child) status(name string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), name)
	kb, err := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}
