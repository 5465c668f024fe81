package dialect_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
)

// countings returns the ways in which programs count the length of a message.
func countings() map[string]func(string) int {
	return map[string]func(string) int{
		"bytes":  func(s string) int { return len(s) },
		"runes":  utf8.RuneCountInString,
		"utf-16": func(s string) int { return len(utf16.Encode([]rune(s))) },
	}
}

// sayInPieces writes text in pieces that end at the given places, with a pause after each.
func sayInPieces(t *testing.T, conn net.Conn, pause time.Duration, text string, ends ...int) {
	at := 0
	for _, end := range append(ends, len(text)) {
		if end > at {
			say(t, conn, text[at:end])
			time.Sleep(pause)
		}
		at = end
	}
}

func TestARequestWhoseLengthCountsCharactersIsReadWhole(t *testing.T) {
	for _, row := range []struct{ dialect, request, call, reply string }{
		{"ex27", "DELETE /tmp/x/שלום.txt", "DEL /tmp/x/שלום.txt", badCommand},
		{"ex27", "DELETE /tmp/x/שלום2024", "DEL /tmp/x/שלום2024", badCommand},
		{"ex27", "DELETE /tmp/x/😀.txt", "DEL /tmp/x/😀.txt", badCommand},
		{"ex27", "DELETE é", "DEL é", badCommand},
		{"ex27", "delete 日本語", "DEL 日本語", badCommand},
		{"ex27", "COPY שלום.txt ברכה.txt", "COPY שלום.txt ברכה.txt", "0002OK"},
		{"ex27", "COPY a.txt ברכה😀.txt", "COPY a.txt ברכה😀.txt", "0002OK"},
		{"ex27", "COPY שלום.txt a.txt", "COPY שלום.txt a.txt", "0002OK"},
		{"ex27", "EXECUTE /bin/מחק", "EXEC /bin/מחק", "0002OK"},
		{"ex27", "DIR /tmp/תיקיה", "DIR /tmp/תיקיה", "0013a.txt\nb c.txt"},
		{"ex27", "SEND_FILE שלום.txt", "GET שלום.txt", badCommand},
		{"ex27", "מחק 1234", "", badCommand},
		{"ex26", "שעה TIME", "", "13Wrong command"},
	} {
		digits := map[string]int{"ex26": 2, "ex27": 4}[row.dialect]
		next := map[string][]string{
			"ex26": {"04NAME", "09office-pc", "NAME"}, "ex27": {"0010COPY c d.e", "0002OK", "COPY c d.e"},
		}[row.dialect]
		for unit, count := range countings() {
			n := count(row.request)
			text := fmt.Sprintf("%0*d%s", digits, n, row.request)
			each := make([]int, len(text))
			for i := range each {
				each[i] = i
			}
			for way, ends := range map[string][]int{
				"at once": nil, "in two pieces": {digits + n}, "byte by byte": each, "behind the length": {digits},
			} {
				t.Run(row.request+" "+unit+" "+way, func(t *testing.T) {
					inBubble(t, row.dialect, newComputer, func(t *testing.T, conn net.Conn, c *computer) {
						sayInPieces(t, conn, 400*time.Millisecond, text, ends...)
						expect(t, conn, row.reply)
						exchanges(t, conn, next[:2]...)
						calls := slices.DeleteFunc([]string{row.call, next[2]}, func(s string) bool { return s == "" })
						require.Equal(t, calls, c.heard())
					})
				})
			}
		}
	}
}

func TestFourCharactersAreOneRequestWithoutALength(t *testing.T) {
	inBubble(t, "ex26-slide", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		exchanges(t, conn, "שלום", "14wrong protocol", "NAME", "09office-pc")
	})
}

func TestRequestsThatFollowEachOtherKeepTheirBounds(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		say(t, conn, framed4("COPY א ב")+framed4("COPY ג ד")+framed4("EXIT")+"\n")
		expect(t, conn, "0002OK0002OK0003bye")
		expectEOF(t, conn)
		require.Equal(t, []string{"COPY א ב", "COPY ג ד"}, c.heard())
	})
}

// What cannot be understood is not carried out, and the next request is in step again.
func TestAnUnclearRequestNeverActsOnAnotherFile(t *testing.T) {
	for what, text := range map[string]string{
		"too short for either":              "0009DELETE שלום.txt",
		"graphemes":                         fmt.Sprintf("%04dDELETE %s.txt", len("DELETE ")+5, "e\u0301\u0308"),
		"both are possible":                 "0023DELETE אבגדהוזח0004EXIT",
		"other bytes follow":                framed4("DELETE שלום") + "garbage",
		"the rest does not come":            "0015DELETE שלום.tx",
		"ends within a character":           "0008DELETE א"[:12],
		"far too much, as none can be that": fmt.Sprintf("%04dDELETE %s", 6007, strings.Repeat("א", 6000)),
	} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
				go func() { _, _ = conn.Write([]byte(text)) }()
				expect(t, conn, notProtocol)
				time.Sleep(time.Second)
				exchanges(t, conn, framed4("COPY a b"), "0002OK")
				require.Equal(t, []string{"COPY a b"}, c.heard())
			})
		})
	}
}

func TestAnotherEncodingIsCountedInBytes(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		began := time.Now()
		exchanges(t, conn, framed4("COPY \xf9\xec\xe5\xed b"), "0002OK")
		require.Zero(t, time.Since(began), "there is nothing to wait for")
		require.Equal(t, []string{`COPY e"\xf9\xec\xe5\xed" b`}, c.heard())
	})
}

func TestANameInAReplyIsNeverCutWhateverTheUnitOfAServer(t *testing.T) {
	d, err := dialect.Named("ex27")
	require.NoError(t, err)
	for _, list := range []string{"שלום.txt\nברכה2024", "😀.txt\n👍🏽", "é", "a\n日本語", "שלום😀0002OK"} {
		for unit, count := range countings() {
			said, framed := d.ParseReply(fmt.Appendf(nil, "%04d%s", count(list), list))
			require.True(t, framed)
			require.Equal(t, list, said, unit)
		}
	}
	said, _ := d.ParseReply([]byte("0017שלום.txt\nברכה20240002OK"))
	require.Equal(t, "שלום.txt\nברכה2024\nOK", said, "before another message")
}
