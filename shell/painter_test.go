//go:build unix

package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCursor(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.start()
	d.types("文件😀a、b")
	d.sees("> 文件😀a、b")
	d.cursor(12, 0)
	d.types(keyLeft, keyLeft, keyLeft)
	d.cursor(8, 0)
	d.types(keyLeft, "X")
	d.sees("> 文件X😀a、b")
	d.cursor(7, 0)
	d.types("\x15", keyEnd, "\x15", strings.Repeat("a", 38))
	d.sees("> " + strings.Repeat("a", 38))
	d.cursor(0, 1)
	d.types(keyLeft)
	d.cursor(39, 0)
	d.types(keyEnd, "b文件", keyLeft, "c")
	d.sees("> "+strings.Repeat("a", 38), "b文c件")
	d.cursor(4, 1)
	d.types(keyHome)
	d.cursor(2, 0)
	d.types("x", keyEnd)
	d.sees("> x"+strings.Repeat("a", 37), "ab文c件")
	d.cursor(7, 1)
	d.types(keyLeft)
	d.cursor(5, 1)
	d.types("\x03")
	d.answers("", errInterrupted)
	d.sees("> x"+strings.Repeat("a", 37), "ab文c件^C")
	d.cursor(0, 2)
}

// readline never returns from drawing a prompt as wide as the window.
func TestPromptAsWideAsTheWindow(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.prompt("\x1b[32m" + strings.Repeat("p", 38) + "\x1b[0m> ")
	d.sees(strings.Repeat("p", 38) + ">")
	d.types("ab", keyLeft, "x")
	d.sees(strings.Repeat("p", 38)+">", "axb")
	d.cursor(2, 1)
	d.enters("axb")
}

func TestLineLongerThanTheScreen(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.start()
	long := strings.Repeat("0123456789", 100)
	d.types("\x1b[200~", long, "\x1b[201~")
	require.Eventually(t, func() bool {
		rows := d.rows()
		return len(rows) > 3 && strings.HasPrefix(rows[0], "> …") && strings.HasSuffix(rows[len(rows)-1], "789…")
	}, 10*time.Second, time.Millisecond, "%q", d.rows)
	d.types(keyHome, "x")
	require.Eventually(t, func() bool { return strings.HasPrefix(strings.Join(d.rows(), ""), "> …x0123") }, 10*time.Second, time.Millisecond)
	d.enters("x" + long)
}

func TestPromptKeepsAnUnfinishedLine(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	_, err := d.tty.WriteString("no end of line")
	require.NoError(t, err)
	d.prompt("upper row\nx> ")
	d.sees("no end of line", "upper row", "x>")
	d.enters("")
	d.prompt("x> ")
	d.sees("no end of line", "upper row", "x>", "x>")
	d.enters("")
}

func TestHistoryAndSearch(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.ed.Recall([]string{"get one.txt", "put two.txt"})
	d.start()
	d.types(keyUp, keyUp)
	d.sees("> get one.txt")
	d.types("\x1b[B")
	d.sees("> put two.txt")
	d.types("\x15\x12ONE")
	d.sees("> get one.txt", "bck-i-search: ONE")
	d.cursor(6, 0)
	d.ed.Notify("held back")
	d.types("x")
	d.sees("> get one.txt", "failing bck-i-search: ONEx")
	d.types("\x7f", keyEnd)
	d.sees("held back", "> get one.txt")
	d.cursor(13, 1)
	d.types("!")
	d.enters("get one.txt!")

	d.ed.Remember("<redacted>")
	d.prompt("> ")
	d.sees("held back", "> get one.txt!", ">")
	d.types(keyUp)
	d.sees("held back", "> get one.txt!", "> <redacted>")
	d.types(keyUp, keyUp)
	d.sees("held back", "> get one.txt!", "> get one.txt")
	d.enters("get one.txt") // and is not remembered
	d.prompt("> ")
	d.sees("held back", "> get one.txt!", "> get one.txt", ">")
	d.types(keyUp)
	d.enters("<redacted>")

	d.ed.Recall(nil)
	d.prompt("> ")
	d.sees("held back", "> get one.txt!", "> get one.txt", "> <redacted>", ">")
	d.types("\x12x\x07", keyUp, "dir")
	d.enters("dir")
}

func TestSearchBelowAFullScreen(t *testing.T) {
	d := newDesk(t, 40, 4, nil)
	line := "find " + strings.Repeat("x", 50)
	d.ed.Recall([]string{line})
	_, err := d.tty.WriteString("1\n2\n3\n")
	require.NoError(t, err)
	d.prompt("> ")
	d.sees("1", "2", "3", ">")
	d.types("\x12in")
	d.sees("3", "> "+line[:38], line[38:], "bck-i-search: in")
	d.cursor(3, 1)
	d.types(keyHome)
	d.sees("3", "> "+line[:38], line[38:])
	d.cursor(2, 1)
	d.enters(line)
}

func TestNotify(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.ed.Notify("before\n")
	d.prompt("x\n> ")
	d.sees("before", "x", ">")
	line := strings.Repeat("word ", 10)
	d.types(line, keyLeft)
	d.sees("before", "x", "> "+line[:38], strings.TrimRight(line[38:], " "))
	d.cursor(11, 3)
	d.ed.Notify("one\ntwo")
	d.sees("before", "x", "one", "two", "> "+line[:38], strings.TrimRight(line[38:], " "))
	d.cursor(11, 5)
	d.types("!")
	d.enters(line[:49] + "! ")
	d.ed.Notify("")
}

func TestReprompt(t *testing.T) {
	d := newDesk(t, 40, 10, nil)
	d.ed.Reprompt("too early> ")
	require.False(t, d.ed.idle())
	d.start()
	require.True(t, d.ed.idle())
	d.types("abc", keyLeft)
	d.sees("> abc")
	d.ed.Notify("lost")
	d.ed.Reprompt("not connected> ")
	d.sees("lost", "not connected> abc")
	d.cursor(17, 1)
	d.enters("abc")
	require.False(t, d.ed.idle())
}

func TestNotifyFromEverywhere(t *testing.T) {
	d := newDesk(t, 80, 24, nil)
	d.start()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			d.ed.Notify(fmt.Sprint("news ", i))
			if i%10 == 0 {
				select {
				case d.resized <- struct{}{}:
				default:
				}
			}
		}
	}()
	for range 50 {
		d.types("ab", keyLeft, "\x7f", keyEnd)
	}
	<-done
	d.enters(strings.Repeat("b", 50))
}

func TestResize(t *testing.T) {
	d := newDesk(t, 60, 10, nil)
	d.start()
	d.types(strings.Repeat("a", 50))
	d.sees("> " + strings.Repeat("a", 50))
	d.resize(40, 10)
	d.screen.Write([]byte("\x1b[2J\x1b[2;13H")) // what a terminal that wraps anew does with the cursor
	d.screen.Resize(40, 10)
	d.resized <- struct{}{}
	d.sees("> "+strings.Repeat("a", 38), strings.Repeat("a", 12))
	d.cursor(12, 1)
	d.enters(strings.Repeat("a", 50))
}
