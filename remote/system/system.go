package system

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/net"
	psutil "github.com/shirou/gopsutil/v4/process"

	"techsh/codec"
)

// maxProgramName limits the name of a program in bytes, since a program can give itself
// any name.
const maxProgramName = 255

// NoProcess returns the error for a process that does not exist.
func NoProcess() error { return codec.Errorf(codec.NotFound, "no such process") }

// Processes returns all processes, ordered by pid.
func Processes(ctx context.Context) ([]codec.Process, error) {
	list, err := psutil.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	names := userNames{}
	var all []codec.Process
	for _, p := range list {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if one, err := describe(ctx, p, names); err == nil { // an error means that p has just ended
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b codec.Process) int { return cmp.Compare(a.PID, b.PID) })
	return all, nil
}

// Process returns the process with that pid.
func Process(ctx context.Context, pid int) (codec.Process, error) {
	p, err := psutil.NewProcessWithContext(ctx, int32(pid))
	if err != nil {
		return codec.Process{}, lookupError(err)
	}
	one, err := describe(ctx, p, userNames{})
	return one, lookupError(err)
}

// ProgramName returns the name of the process with that pid.
func ProgramName(ctx context.Context, pid int) (string, error) {
	p, err := psutil.NewProcessWithContext(ctx, int32(pid))
	if err != nil {
		return "", lookupError(err)
	}
	name, err := nameOf(ctx, p)
	return name, lookupError(err)
}

// lookupError returns the error to report when the lookup of a process has failed with
// err. If the process does not exist, lookupError returns the error of NoProcess.
func lookupError(err error) error {
	if errors.Is(err, psutil.ErrorProcessNotRunning) || errors.Is(err, fs.ErrNotExist) {
		return NoProcess()
	}
	return err
}

func nameOf(ctx context.Context, p *psutil.Process) (string, error) {
	name, err := p.NameWithContext(ctx)
	return name[:min(len(name), maxProgramName)], err
}

func describe(ctx context.Context, p *psutil.Process, names userNames) (codec.Process, error) {
	name, err := nameOf(ctx, p)
	if err != nil {
		return codec.Process{}, err
	}
	one := codec.Process{PID: int(p.Pid), Name: name, User: names.of(ctx, p), Memory: codec.Unknown}
	if ppid, err := p.PpidWithContext(ctx); err == nil && ppid > 0 {
		one.PPID = int(ppid)
	}
	if ms, err := p.CreateTimeWithContext(ctx); err == nil && ms > 0 {
		one.Started = time.UnixMilli(ms)
	}
	if t, err := p.TimesWithContext(ctx); err == nil {
		one.CPU = time.Duration((t.User+t.System)*1000) * time.Millisecond
	}
	if m, err := p.MemoryInfoWithContext(ctx); err == nil {
		one.Memory = int64(m.RSS)
	}
	if states, err := p.StatusWithContext(ctx); err == nil && slices.Contains(states, psutil.Zombie) {
		one.More = codec.Pairs{codec.PairOf("state", "zombie")}
	}
	return one, nil
}

// userNames caches user names by user ID, because looking up a name may need a request to
// another computer.
type userNames map[uint32]string

func (u userNames) of(ctx context.Context, p *psutil.Process) string {
	ids, err := p.UidsWithContext(ctx)
	if err != nil || len(ids) == 0 { // as on Windows
		name, _ := p.UsernameWithContext(ctx)
		return name
	}
	id := ids[min(1, len(ids)-1)] // the effective ID: the second one, or the only one
	name, known := u[id]
	if !known {
		name = strconv.FormatUint(uint64(id), 10)
		if found, err := user.LookupId(name); err == nil {
			name = found.Username
		}
		u[id] = name
	}
	return name
}

// Listeners returns the addresses at which programs accept connections or packets. Only
// the superuser gets the names of other users' programs.
func Listeners(ctx context.Context) ([]codec.Endpoint, error) {
	sockets, err := net.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return nil, err
	}
	programs := map[int32]string{}
	var all []codec.Endpoint
	for _, s := range sockets {
		at, ok := addressOf(s)
		if !ok {
			continue
		}
		e := codec.Endpoint{Kind: codec.Listen, On: "tcp", Address: at.String()}
		if s.Type == syscall.SOCK_DGRAM {
			e.On = "udp"
		}
		if s.Pid > 0 {
			name, known := programs[s.Pid]
			if !known {
				name, _ = ProgramName(ctx, int(s.Pid))
				programs[s.Pid] = name
			}
			e.More = codec.Pairs{codec.PairOf("pid", int(s.Pid)), codec.PairOf("program", name)}
		}
		all = append(all, e)
	}
	return all, nil
}

// addressOf returns the address at which a socket listens, and whether it listens at all.
func addressOf(s net.ConnectionStat) (netip.AddrPort, bool) {
	connected := s.Type != syscall.SOCK_DGRAM && s.Status != "LISTEN" || s.Raddr.Port != 0
	if connected || s.Laddr.Port == 0 || s.Laddr.Port > 65535 {
		return netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(s.Laddr.IP)
	switch {
	case err == nil:
	case s.Laddr.IP != "*":
		return netip.AddrPort{}, false
	case s.Family == syscall.AF_INET:
		ip = netip.IPv4Unspecified()
	default:
		ip = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(ip, uint16(s.Laddr.Port)), true
}

// LoggedIn returns the users who are logged in. If the system keeps no list of them, it
// returns none.
func LoggedIn(ctx context.Context) ([]codec.User, error) {
	list, err := host.UsersWithContext(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []codec.User
	for _, u := range list {
		all = append(all, codec.User{
			Name: u.User, Terminal: u.Terminal, Host: u.Host, Since: time.Unix(int64(u.Started), 0),
		})
	}
	return all, err
}

// Facts returns what the operating system reports about this computer.
func Facts(ctx context.Context) (list codec.Pairs) {
	if model, err := cpu.InfoWithContext(ctx); err == nil && len(model) > 0 && model[0].ModelName != "" {
		list = append(list, codec.PairOf("cpu", model[0].ModelName))
	}
	list = append(list, codec.PairOf("cores", runtime.NumCPU()))
	if runtime.GOOS != "windows" { // on Windows the library measures the load in a goroutine that never ends
		if l, err := load.AvgWithContext(ctx); err == nil {
			list = append(list, codec.PairOf("load", fmt.Sprintf("%.2f,%.2f,%.2f", l.Load1, l.Load5, l.Load15)))
		}
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		list = append(list, codec.PairOf("memory", int64(m.Total)), codec.PairOf("memory-free", int64(m.Available)))
	}
	if m, err := mem.SwapMemoryWithContext(ctx); err == nil && m.Total > 0 {
		list = append(list, codec.PairOf("swap", int64(m.Total)), codec.PairOf("swap-free", int64(m.Free)))
	}
	return list
}
