package machine

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/system"
)

func systemVersion() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}

func uptime() time.Duration { return windows.DurationSinceBoot().Truncate(time.Second) }

func userName() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USERNAME")
	}
	_, name, ok := strings.Cut(u.Username, `\`)
	if !ok {
		return u.Username
	}
	return name
}

// sessionInfo is WTSINFOW of wtsapi32.h.
type sessionInfo struct {
	state, id                       uint32
	_                               [6]uint32 // traffic
	station                         [32]uint16
	domain                          [17]uint16
	user                            [21]uint16
	_, _, lastInput, logon, current int64 // times in units of 100 ns since 1601
}

const (
	wtsClientName  = 10
	wtsSessionInfo = 24
)

// users returns the users who are logged in at the console or by remote desktop.
func users(context.Context) (all []codec.User, err error) {
	err = system.EachSession(func(s windows.WTS_SESSION_INFO) {
		if u, ok := sessionUser(s.SessionID); ok {
			all = append(all, u)
		}
	})
	return all, err
}

// sessionUser returns the user of a session. ok is false if the session has none.
func sessionUser(session uint32) (u codec.User, ok bool) {
	querySession(session, wtsSessionInfo, func(at unsafe.Pointer, size uint32) {
		if size < uint32(unsafe.Sizeof(sessionInfo{})) {
			return
		}
		info := (*sessionInfo)(at)
		u.Name, u.Terminal = windows.UTF16ToString(info.user[:]), windows.UTF16ToString(info.station[:])
		if domain := windows.UTF16ToString(info.domain[:]); domain != "" {
			u.Name = domain + `\` + u.Name
		}
		ok = info.user[0] != 0
		if info.logon > 0 {
			ft := windows.Filetime{LowDateTime: uint32(info.logon), HighDateTime: uint32(info.logon >> 32)}
			u.Since = time.Unix(0, ft.Nanoseconds())
		}
		if info.lastInput > 0 && info.current >= info.lastInput {
			u.More = append(u.More, codec.PairOf("idle", (info.current-info.lastInput)/10_000_000))
		}
	})
	querySession(session, wtsClientName, func(at unsafe.Pointer, _ uint32) {
		u.Host = windows.UTF16PtrToString((*uint16)(at))
	})
	return u, ok
}

// querySession asks Windows for information about a session and calls the function use
// with it. The parameter what is the kind of information. If Windows has no such
// information, use is not called.
func querySession(session, what uint32, use func(at unsafe.Pointer, size uint32)) {
	var at unsafe.Pointer
	var size uint32
	proc := windows.NewLazySystemDLL("wtsapi32.dll").NewProc("WTSQuerySessionInformationW")
	if proc.Find() != nil {
		return
	}
	ok, _, _ := proc.Call(
		0, uintptr(session), uintptr(what), uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&size)))
	if ok == 0 || at == nil {
		return
	}
	defer windows.WTSFreeMemory(uintptr(at))
	use(at, size)
}
