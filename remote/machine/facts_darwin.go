package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

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
