package codec

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A Process is a running program. On the wire it is one line,
//
//	PID PPID USER STARTED CPU MEMORY NAME [PAIR…]
//
// such as `4711 1 ann 2026-11-22T12:00:00.000000000Z 1500 1048576 notepad`.
type Process struct {
	PID     int
	PPID    int
	User    string
	Started time.Time
	CPU     time.Duration // the processor time used so far, in whole milliseconds
	Memory  int64         // the resident memory in bytes, or Unknown
	Name    string
	More    Pairs // the pair state=zombie if the process has ended but its parent has not waited for it
}

// String returns the line of p without LF.
func (p Process) String() string {
	line := fmt.Sprintf("%d %d %s %s %d %s %s", p.PID, p.PPID, wordOrDash(p.User), appendTime(nil, p.Started),
		p.CPU/time.Millisecond, sizeOrDash(p.Memory), wordOrDash(p.Name))
	return string(appendPairs([]byte(line), p.More))
}

// ParseProcess parses the line that String returns.
func ParseProcess(line string) (Process, error) {
	return parseNoun(line, "a process", 7, func(w []Word, pairs Pairs) (Process, bool) {
		pid, ok1 := ParseNumber(w[0].Text)
		ppid, ok2 := ParseNumber(w[1].Text)
		started, ok3 := parseTime(w[3].Text)
		cpu, ok4 := ParseNumber(w[4].Text)
		memory, ok5 := parseSize(w[5])
		ok := ok1 && ok2 && ok3 && ok4 && ok5 && pid < 1<<32 && ppid < 1<<32 && cpu < 1<<43
		return Process{
			int(pid), int(ppid), textOrDash(w[2]), started, time.Duration(cpu) * time.Millisecond,
			memory, textOrDash(w[6]), pairs,
		}, ok
	})
}

// A User is a user who is logged in. On the wire it is one line,
//
//	NAME TERMINAL HOST SINCE [PAIR…]
//
// such as `ann pts/0 192.0.2.9 2026-11-22T12:00:00.000000000Z idle=60`.
type User struct {
	Name     string
	Terminal string    // the name of the terminal on that system, such as pts/0, tty2, :0 or console
	Host     string    // the host from which the user has logged in, or ""
	Since    time.Time // the zero Time if unknown
	More     Pairs     // the pair idle=SECONDS, the time since the last key press
}

// String returns the line of u without LF.
func (u User) String() string {
	line := fmt.Sprintf(
		"%s %s %s %s", wordOrDash(u.Name), wordOrDash(u.Terminal), wordOrDash(u.Host),
		appendTime(nil, u.Since),
	)
	return string(appendPairs([]byte(line), u.More))
}

// ParseUser parses the line that String returns.
func ParseUser(line string) (User, error) {
	return parseNoun(line, "a user", 4, func(w []Word, pairs Pairs) (User, bool) {
		since, ok := parseTime(w[3].Text)
		return User{textOrDash(w[0]), textOrDash(w[1]), textOrDash(w[2]), since, pairs}, ok
	})
}

// The kinds of an Endpoint.
const (
	Address = "address" // the address of a network interface
	Listen  = "listen"  // an address at which a program accepts connections or packets
)

// An Endpoint is a network address of a computer. On the wire it is one line,
//
//	KIND ON ADDRESS [PAIR…]
//
// such as `address eth0 192.0.2.7/24 mac=02:00:5e:10:00:00` or
// `listen tcp 0.0.0.0:22 pid=4711 program=sshd`.
type Endpoint struct {
	Kind    string
	On      string // the interface, or the protocol: tcp or udp
	Address string // with the prefix length or the port, as package netip writes them
	More    Pairs
}

// String returns the line of e without LF.
func (e Endpoint) String() string {
	line := strings.Join([]string{e.Kind, wordOrDash(e.On), wordOrDash(e.Address)}, " ")
	return string(appendPairs([]byte(line), e.More))
}

// ParseEndpoint parses the line that String returns.
func ParseEndpoint(line string) (Endpoint, error) {
	return parseNoun(line, "an endpoint", 3, func(w []Word, pairs Pairs) (Endpoint, bool) {
		e := Endpoint{w[0].Text, textOrDash(w[1]), textOrDash(w[2]), pairs}
		var at fmt.Stringer
		var err error
		switch e.Kind {
		case Address:
			at, err = netip.ParsePrefix(e.Address)
		case Listen:
			at, err = netip.ParseAddrPort(e.Address)
		default:
			return e, false
		}
		return e, err == nil && at.String() == e.Address
	})
}
