//go:build unix

package lineedit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

func TestCursor(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	d.Types("文件😀a、b")
	d.Sees("> 文件😀a、b")
	d.SeesCursor(12, 0)
	d.Types(terminal.Left, terminal.Left, terminal.Left)
	d.SeesCursor(8, 0)
	d.Types(terminal.Left, "X")
	d.Sees("> 文件X😀a、b")
	d.SeesCursor(7, 0)
	d.Types("\x15", terminal.End, "\x15", strings.Repeat("a", 38))
	d.Sees("> " + strings.Repeat("a", 38))
	d.SeesCursor(0, 1)
	d.Types(terminal.Left)
	d.SeesCursor(39, 0)
	d.Types(terminal.End, "b文件", terminal.Left, "c")
	d.Sees("> "+strings.Repeat("a", 38), "b文c件")
	d.SeesCursor(4, 1)
	d.Types(terminal.Home)
	d.SeesCursor(2, 0)
	d.Types("x", terminal.End)
	d.Sees("> x"+strings.Repeat("a", 37), "ab文c件")
	d.SeesCursor(7, 1)
	d.Types(terminal.Left)
	d.SeesCursor(5, 1)
	d.Types("\x03")
	d.answers("", lineedit.ErrInterrupt)
	d.Sees("> x"+strings.Repeat("a", 37), "ab文c件^C")
	d.SeesCursor(0, 2)
}

func TestALineHidesNothing(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	d.Types("a\u034fb\U000e0100\u200d\ufe0f\u3000c")
	d.Sees("> a\ufffdb\ufffd\ufffd\ufffd\u3000c")
	d.enters("a\u034fb\U000e0100\u200d\ufe0f\u3000c")
}

// readline would hang on a prompt as wide as the window.
func TestPromptAsWideAsTheWindow(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.prompt("\x1b[32m" + strings.Repeat("p", 38) + "\x1b[0m> ")
	d.Sees(strings.Repeat("p", 38) + ">")
	d.Types("ab", terminal.Left, "x")
	d.Sees(strings.Repeat("p", 38)+">", "axb")
	d.SeesCursor(2, 1)
	d.enters("axb")
}

func TestLineLongerThanTheScreen(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	long := strings.Repeat("0123456789", 100)
	d.Types("\x1b[200~", long, "\x1b[201~")
	d.Until(func(rows []string) bool {
		return len(rows) > 3 && strings.HasPrefix(rows[0], "> …") && strings.HasSuffix(rows[len(rows)-1], "789…")
	})
	d.Types(terminal.Home, "x")
	d.Until(func(rows []string) bool { return strings.HasPrefix(strings.Join(rows, ""), "> …x0123") })
	d.enters("x" + long)
}

func TestPromptKeepsAnUnfinishedLine(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	_, err := d.TTY.WriteString("no end of line")
	require.NoError(t, err)
	d.prompt("upper row\nx> ")
	d.Sees("no end of line", "upper row", "x>")
	d.enters("")
	d.prompt("x> ")
	d.Sees("no end of line", "upper row", "x>", "x>")
	d.enters("")
}

func TestHistoryAndSearch(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.ed.Recall([]string{"get one.txt", "put two.txt"})
	d.start()
	d.Types(terminal.Up, terminal.Up)
	d.Sees("> get one.txt")
	d.Types("\x1b[B")
	d.Sees("> put two.txt")
	d.Types("\x15\x12ONE")
	d.Sees("> get one.txt", "bck-i-search: ONE")
	d.SeesCursor(6, 0)
	d.ed.Notify("held back")
	d.Types("x")
	d.Sees("> get one.txt", "failing bck-i-search: ONEx")
	d.Types("\x7f", terminal.End)
	d.Sees("held back", "> get one.txt")
	d.SeesCursor(13, 1)
	d.Types("!")
	d.enters("get one.txt!")

	d.ed.Remember("<redacted>")
	d.prompt("> ")
	d.Sees("held back", "> get one.txt!", ">")
	d.Types(terminal.Up)
	d.Sees("held back", "> get one.txt!", "> <redacted>")
	d.Types(terminal.Up, terminal.Up)
	d.Sees("held back", "> get one.txt!", "> get one.txt")
	d.enters("get one.txt") // this line is not remembered
	d.prompt("> ")
	d.Sees("held back", "> get one.txt!", "> get one.txt", ">")
	d.Types(terminal.Up)
	d.enters("<redacted>")

	d.ed.Recall(nil)
	d.prompt("> ")
	d.Sees("held back", "> get one.txt!", "> get one.txt", "> <redacted>", ">")
	d.Types("\x12x\x07", terminal.Up, "dir")
	d.enters("dir")
}

func TestSearchBelowAFullScreen(t *testing.T) {
	d := newSession(t, 40, 4, nil)
	line := "find " + strings.Repeat("x", 50)
	d.ed.Recall([]string{line})
	_, err := d.TTY.WriteString("1\n2\n3\n")
	require.NoError(t, err)
	d.prompt("> ")
	d.Sees("1", "2", "3", ">")
	d.Types("\x12in")
	d.Sees("3", "> "+line[:38], line[38:], "bck-i-search: in")
	d.SeesCursor(3, 1)
	d.Types(terminal.Home)
	d.Sees("3", "> "+line[:38], line[38:])
	d.SeesCursor(2, 1)
	d.enters(line)
}

func TestNotify(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.ed.Notify("before\n")
	d.prompt("x\n> ")
	d.Sees("before", "x", ">")
	line := strings.Repeat("word ", 10)
	d.Types(line, terminal.Left)
	d.Sees("before", "x", "> "+line[:38], strings.TrimRight(line[38:], " "))
	d.SeesCursor(11, 3)
	d.ed.Notify("one\ntwo")
	d.Sees("before", "x", "one", "two", "> "+line[:38], strings.TrimRight(line[38:], " "))
	d.SeesCursor(11, 5)
	d.Types("!")
	d.enters(line[:49] + "! ")
	d.ed.Notify("")
}

func TestReprompt(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.ed.Reprompt("too early> ")
	require.False(t, d.ed.Idle())
	d.start()
	require.True(t, d.ed.Idle())
	d.Types("abc", terminal.Left)
	d.Sees("> abc")
	d.ed.Notify("lost")
	d.ed.Reprompt("not connected> ")
	d.Sees("lost", "not connected> abc")
	d.SeesCursor(17, 1)
	d.enters("abc")
	require.False(t, d.ed.Idle())
}

func TestNotifyFromEverywhere(t *testing.T) {
	d := newSession(t, 80, 24, nil)
	d.start()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			d.ed.Notify(fmt.Sprint("news ", i))
			if i%10 == 0 {
				select {
				case d.Resized <- struct{}{}:
				default:
				}
			}
		}
	}()
	for range 50 {
		d.Types("ab", terminal.Left, "\x7f", terminal.End)
	}
	<-done
	d.enters(strings.Repeat("b", 50))
}

func TestResize(t *testing.T) {
	d := newSession(t, 60, 10, nil)
	d.start()
	d.Types(strings.Repeat("a", 50))
	d.Sees("> " + strings.Repeat("a", 50))
	d.Resize(40, 10, "\x1b[2J\x1b[2;13H") // the cursor moves when the terminal reflows its lines
	d.Sees("> "+strings.Repeat("a", 38), strings.Repeat("a", 12))
	d.SeesCursor(12, 1)
	d.enters(strings.Repeat("a", 50))
}

// A terminal such as tmux keeps what it erases from the first row of the screen to the
// end: a line there would be in its history once for each key.
func TestNothingIsErasedFromTheFirstRowOn(t *testing.T) {
	d := newSession(t, 20, 12, nil)
	d.start()
	long := strings.Repeat("abcdefghi ", 9)
	d.Types("\x0c", long, "\x0c", "x")
	d.Until(func(rows []string) bool { return len(rows) == 5 && strings.HasSuffix(rows[4], " x") })
	d.Resize(15, 12, "")
	d.Types("y")
	d.Until(func(rows []string) bool { return len(rows) == 7 && strings.HasSuffix(rows[6], " xy") })
	require.NotContains(t, d.Written(), "\r\x1b[J")
	require.NotContains(t, d.Written(), "\x1b[H\x1b[J")
	d.enters(long + "xy")
}
