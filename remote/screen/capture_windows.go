package screen

import (
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/system"
)

func user32(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("user32.dll").NewProc(name)
}

// countPixels makes the current thread count the real pixels of displays, even if Windows
// enlarges things. The thread ends with its goroutine.
func countPixels() {
	runtime.LockOSThread()
	const perMonitorAwareV2 = ^uintptr(3)
	if set := user32("SetThreadDpiAwarenessContext"); set.Find() == nil { // exists since Windows 10
		_, _, _ = set.Call(perMonitorAwareV2)
	}
}

// describeDisplay adds the name and the scale of a display.
func describeDisplay(d *codec.Display) {
	x, y := d.Bounds.Min.X, d.Bounds.Min.Y
	const orNone = 0
	monitor, _, _ := user32("MonitorFromPoint").Call(uintptr(uint32(x))|uintptr(uint32(y))<<32, orNone)
	if monitor == 0 {
		return
	}
	var info struct { // MONITORINFOEXW
		size          uint32
		monitor, work [4]int32
		flags         uint32
		device        [32]uint16
	}
	info.size = uint32(unsafe.Sizeof(info))
	if ok, _, _ := user32("GetMonitorInfoW").Call(monitor, uintptr(unsafe.Pointer(&info))); ok != 0 {
		d.Name = strings.TrimPrefix(windows.UTF16ToString(info.device[:]), `\\.\`)
	}
	dpiOf := windows.NewLazySystemDLL("shcore.dll").NewProc("GetDpiForMonitor")
	const effective, usual = 0, 96
	var dpi, same uint32
	if dpiOf.Find() != nil {
		return // before Windows 8.1
	}
	failed, _, _ := dpiOf.Call(monitor, effective, uintptr(unsafe.Pointer(&dpi)), uintptr(unsafe.Pointer(&same)))
	if failed == 0 {
		scale := strconv.FormatFloat(float64(dpi)/usual, 'g', 4, 64)
		d.More = append(d.More, codec.Pair{Key: "scale", Value: scale})
	}
}

// systemObstacle returns what prevents techshd from capturing the desktop, if Windows
// reports it.
func systemObstacle() Obstacle {
	var session uint32
	if windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session) == nil && session == 0 {
		return Obstacle{
			"techshd runs as a service, in session 0, which has no screen",
			"start techshd in the session of the person at the screen",
		}
	}
	if disconnected(session) {
		return Obstacle{
			"the remote desktop session is disconnected, and shows nothing",
			"connect to it again, or start techshd in the session of the person at the screen",
		}
	}
	const readObjects = 1
	desktop, _, _ := user32("OpenInputDesktop").Call(0, 0, readObjects)
	if desktop == 0 {
		return Obstacle{
			"the screen is locked, or the system itself asks something",
			"ask the person at the screen to unlock it",
		}
	}
	_, _, _ = user32("CloseDesktop").Call(desktop)
	return Obstacle{}
}

// disconnected reports whether a session is not shown on any display.
func disconnected(session uint32) (nobody bool) {
	_ = system.EachSession(func(s windows.WTS_SESSION_INFO) {
		nobody = nobody || s.SessionID == session && s.State == windows.WTSDisconnected
	})
	return nobody
}
