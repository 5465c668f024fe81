//go:build unix

package machine

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/system"
)

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// users returns the users who are logged in, each with the time for which the terminal
// has been idle.
func users(ctx context.Context) ([]codec.User, error) {
	list, err := system.LoggedIn(ctx)
	for i, u := range list {
		var st unix.Stat_t
		path := "/dev/" + u.Terminal
		if !filepath.IsLocal(u.Terminal) || unix.Stat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR {
			continue
		}
		if idle := int64(time.Since(time.Unix(st.Atim.Unix())) / time.Second); idle >= 0 {
			list[i].More = append(u.More, codec.PairOf("idle", idle))
		}
	}
	return list, err
}
