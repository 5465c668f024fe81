package remote

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"golang.org/x/sys/unix"
)

// enlarge makes a pipe hold more, so that a program seldom waits for us.
func enlarge(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// quietX11 keeps the X library from writing to our standard error.
func quietX11() { xgb.Logger.SetOutput(io.Discard) }

func noDisplayHint() string {
	switch {
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return "DISPLAY is not set: start techshd in the desktop session of the person at the screen"
	case os.Getenv("DISPLAY") == "":
		return "DISPLAY is not set and Wayland alone shows no displays: start techshd where Xwayland runs"
	}
	return "the X server " + os.Getenv("DISPLAY") + " does not answer: start techshd in the desktop session of the person at the screen"
}

// systemVersion returns PRETTY_NAME of os-release(5).
func systemVersion() string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
			if v, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
				if s, err := strconv.Unquote(v); err == nil {
					return s
				}
				return strings.Trim(v, "'")
			}
		}
	}
	return ""
}

func uptime() time.Duration {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) != nil {
		return 0
	}
	return time.Duration(si.Uptime) * time.Second
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
