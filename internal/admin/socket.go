package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Socket is the name of the unix socket in the data folder.
const Socket = "vigil.sock"

// longestPath that the kernel takes for a socket. unix(7): sun_path has 108 bytes, the last of them zero.
const longestPath = 103

// Listen opens the socket in a data folder, for the folder's owner only. A socket that nobody answers on is a leftover and is replaced; each server
// needs a folder of its own. Closing the listener removes the socket: close it before the database.
func Listen(data string) (net.Listener, error) {
	if Answers(data) {
		return nil, fmt.Errorf("open socket %q: another server uses this data folder", filepath.Join(data, Socket))
	}
	l, err := listen(data)
	if err != nil {
		return nil, fmt.Errorf("open socket %q: %w", filepath.Join(data, Socket), err)
	}
	return l, nil
}

// listen makes the socket in a folder nobody else can enter, and moves it out with its mode set: there is no moment at which others may connect.
func listen(data string) (net.Listener, error) {
	private, err := os.MkdirTemp(data, ".sock")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(private) }()
	made := filepath.Join(private, "s")
	path, done, err := reachable(made)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	final := filepath.Join(data, Socket)
	if err := os.Chmod(made, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := os.Rename(made, final); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &listener{l, final}, nil
}

// Answers tells whether a server has the data folder.
func Answers(data string) bool {
	path, done, err := reachable(filepath.Join(data, Socket))
	if err != nil {
		return false
	}
	defer done()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	return err == nil && c.Close() == nil
}

// listener removes its socket when it is closed.
type listener struct {
	net.Listener
	path string
}

func (l *listener) Close() error {
	err := l.Listener.Close()
	if gone := os.Remove(l.path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// reachable gives a name for a path that is short enough for the kernel. The name is good until done is called.
func reachable(path string) (short string, done func(), err error) {
	if len(path) <= longestPath {
		return path, func() {}, nil
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	name := filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), filepath.Base(path))
	return name, func() { _ = folder.Close() }, nil
}
