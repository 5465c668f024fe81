package shell_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
)

// frames reads frames up to the end of an answer. It returns them masked, with
// lengths adjusted to the masked text.
func frames(t *testing.T, r io.Reader, tree string) string {
	t.Helper()
	var out strings.Builder
	for {
		header := make([]byte, codec.HeaderSize)
		_, err := io.ReadFull(r, header)
		require.NoError(t, err)
		var n int
		_, err = fmt.Sscanf(string(header[5:15]), "%010d", &n)
		require.NoError(t, err, "%q", header)
		body := make([]byte, n)
		_, err = io.ReadFull(r, body)
		require.NoError(t, err)
		masked := shelltest.Mask(string(body), tree)
		fmt.Fprintf(&out, "%s%010d\n%s", header[:5], len(masked), masked)
		switch strings.TrimSpace(string(header[:4])) {
		case "OK", "ERR", "HELO":
			return out.String()
		}
	}
}

func TestTheCapturedConversationInTheSpecificationIsTrue(t *testing.T) {
	doc, err := os.ReadFile("../codec/doc.go")
	require.NoError(t, err)
	addr, tree := shelltest.PlainServer(t)
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(shelltest.Timeout)))
	var got strings.Builder
	for _, call := range []struct{ verb, body string }{
		{"AUTH", shelltest.Cookie + "\n"},
		{"HELO", "techsh/1 name=bob host=laptop\n"},
		{"DIR", "*.txt\n"},
		{"GET", "logs/a.log\n"},
		{"PUT", "new.txt\n"},
		{"FILE", "f 0644 3 2026-11-22T12:00:00.000000000Z new.txt\n"},
		{"DATA", "abc"},
		{"SUM", "crc32c=364b3fb7\n"},
		{"END", ""},
		{"EXEC", "sleep 60\n"},
		{"STOP", ""},
		{"CAT", "nowhere\n"},
		{"EXIT", ""},
	} {
		frame := fmt.Sprintf("%-5s%010d\n%s", call.verb, len(call.body), call.body)
		_, err := io.WriteString(conn, frame)
		require.NoError(t, err)
		got.WriteString(dump('>', frame))
		switch call.verb {
		case "HELO", "PUT", "FILE", "DATA", "SUM", "EXEC":
		default:
			got.WriteString(dump('<', frames(t, conn, tree)))
		}
	}
	if !strings.Contains(string(doc), got.String()) {
		t.Errorf("the conversation in codec/doc.go should read\n%s", got.String())
	}
}

// dump returns a hexdump as a comment: direction, offset, 16 bytes, and the same as
// text.
func dump(direction rune, s string) string {
	var b strings.Builder
	for at := 0; at < len(s); at += 16 {
		row := []byte(s[at:min(at+16, len(s))])
		text := bytes.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, row)
		h := hex.EncodeToString(row)
		var cells []string
		for i := 0; i < len(h); i += 2 {
			cells = append(cells, h[i:i+2])
		}
		fmt.Fprintf(&b, "//\t%c %04x  %-47s  |%s|\n", direction, at, strings.Join(cells, " "), text)
	}
	return b.String()
}
