package x11

import (
	"net"
	"os"
	"path/filepath"
)

const cookieName = "MIT-MAGIC-COOKIE-1"

// The families of addresses in an authority file, see Xsecurity(7).
const (
	familyInternet  = 0
	familyInternet6 = 6
	familyLocal     = 256
	familyWild      = 65535
)

// cookie returns the secret of the X server, or nil if none is found. Some X servers do
// not need one.
func cookie(conn net.Conn, number string) []byte {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		path = filepath.Join(home, ".Xauthority")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	host, _ := os.Hostname()
	ip := ""
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok && !a.IP.IsLoopback() { // ssh -X listens on loopback of this host
		ip = string(a.IP)
		if four := a.IP.To4(); four != nil {
			ip = string(four)
		}
	}
	return search(file, host, ip, number)
}

// search returns the cookie of the X server with the given number. If ip is empty, the
// server is on this computer, whose name is host. Otherwise it is on the computer with
// the address ip.
func search(file []byte, host, ip, number string) []byte {
	word := func() string {
		if len(file) < 2 {
			file = nil
			return ""
		}
		n := min(int(file[0])<<8|int(file[1]), len(file)-2)
		s := string(file[2 : 2+n])
		file = file[2+n:]
		return s
	}
	for len(file) > 2 {
		family := int(file[0])<<8 | int(file[1])
		file = file[2:]
		address, display, name, data := word(), word(), word(), word()
		here := false
		switch family {
		case familyWild:
			here = true
		case familyLocal:
			here = ip == "" && address == host
		case familyInternet, familyInternet6:
			here = ip != "" && address == ip
		}
		if here && (display == "" || display == number) && name == cookieName && len(data) == 16 {
			return []byte(data)
		}
	}
	return nil
}
