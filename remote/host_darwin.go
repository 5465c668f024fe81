package remote

import (
	"os"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// enlarge does nothing: pipes grow by themselves here.
func enlarge(*os.File) {}

// quietX11 does nothing: there is no X library.
func quietX11() {}

func noDisplayHint() string {
	return "allow techshd in System Settings, Privacy & Security, Screen Recording; it must be built on a Mac, with cgo"
}

func systemVersion() string {
	v, err := unix.Sysctl("kern.osproductversion")
	if err != nil {
		return "macOS"
	}
	return "macOS " + v
}

func uptime() time.Duration {
	boot, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return 0
	}
	return time.Since(time.Unix(boot.Unix())).Truncate(time.Second)
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
