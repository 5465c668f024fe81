package dialect_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
)

const (
	badCommand  = "0025Bad command or parameters"
	notProtocol = "0032Packet not according to protocol"
)

// inBubble runs a test against a server of a dialect over a net.Pipe, so that the test
// controls the clock.
func inBubble(
	t *testing.T, name string, c func() *computer, test func(t *testing.T, conn net.Conn, c *computer),
) {
	synctest.Test(t, func(t *testing.T) {
		lane, computer := newLane(), c()
		stop := start(t, name, computer, lane, io.Discard)
		defer stop()
		conn := lane.dial()
		defer conn.Close()
		test(t, conn, computer)
	})
}

func TestHeaderAndBodyMayComeApartByteByByte(t *testing.T) {
	for name, rows := range map[string][]string{
		"ex27": {"0008DIR /tmp", "0013a.txt\nb c.txt", "0008dir /tmp", "0013a.txt\nb c.txt"},
		"ex26": {
			"04time", "24Sun Nov 22 12:58:17 2026", "05WhoRu", "09office-pc", "04NAME", "09office-pc",
			"04rand", "017",
		},
		"ex26-slide": {"name", "09office-pc", "RaNd", "017"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, name, newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
				for i := 0; i < len(rows); i += 2 {
					for _, b := range []byte(rows[i]) {
						say(t, conn, string(b))
						time.Sleep(time.Second)
					}
					expect(t, conn, rows[i+1])
				}
			})
		})
	}
}

// A counted is a connection that records each Write separately.
type counted struct {
	net.Conn
	writes chan string
}

func (c counted) Write(b []byte) (int, error) {
	c.writes <- string(b)
	return c.Conn.Write(b)
}

func TestAReplyIsOneWriteAndAPhotoComesAPauseBehindItsSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := newLane()
		defer start(t, "ex27", newComputer(), lane, io.Discard)()
		ours, theirs := net.Pipe()
		defer ours.Close()
		writes := make(chan string, 10)
		lane.conns <- counted{theirs, writes}
		exchanges(t, ours, framed4("DIR /"), framed4("a.txt\nb c.txt"), framed4("TAKE_SCREENSHOT"), "0002OK")
		require.Equal(t, []string{framed4("a.txt\nb c.txt"), "0002OK"}, []string{<-writes, <-writes})
		exchanges(t, ours, framed4("SEND_PHOTO"), "000520000")
		sized := time.Now()
		expect(t, ours, string(photoOf(20000)))
		require.Equal(t, 50*time.Millisecond, time.Since(sized))
		require.Equal(t, "000520000", <-writes)
		require.Len(t, <-writes, 20000, "the photo is one Write as well")
	})
}

func TestBadRequestsGetTheErrorAndTheConnectionStaysOpen(t *testing.T) {
	for _, row := range []struct{ dialect, request, reply string }{
		{"ex27", "0000", badCommand},
		{"ex27", "0003DIR", badCommand},
		{"ex27", framed4("DIR  /tmp"), badCommand},
		{"ex27", framed4("DIR /tmp "), badCommand},
		{"ex27", framed4(" DIR /tmp"), badCommand},
		{"ex27", framed4("DIR /My Files"), badCommand},
		{"ex27", framed4("COPY a"), badCommand},
		{"ex27", framed4("DELETE nowhere"), badCommand},
		{"ex27", framed4("SEND_FILE nowhere"), badCommand},
		{"ex27", framed4("SEND_PHOTO"), badCommand},
		{"ex27", framed4("FORMAT C:"), badCommand},
		{"ex27", framed4("\x00\xff"), badCommand},
		{"ex27", framed4(strings.Repeat("x", 9999)), badCommand},
		{"ex27", "+004EXIT", notProtocol},
		{"ex27", "-004EXIT", notProtocol},
		{"ex27", "   4EXIT", notProtocol},
		{"ex27", "4   EXIT", notProtocol},
		{"ex27", "0x04EXIT", notProtocol},
		{"ex27", "４EXIT", notProtocol}, // full-width digits
		{"ex27", "٠٠٠٤EXIT", notProtocol},
		{"ex26", "00", "13Wrong command"},
		{"ex26", "05HELLO", "13Wrong command"},
		{"ex26", "06RAND 5", "13Wrong command"},
		{"ex26", "99" + strings.Repeat("x", 99), "13Wrong command"},
		{"ex26", " 4TIME", "14Wrong protocol"},
		{"ex26", "+4TIME", "14Wrong protocol"},
		{"ex26", "TIME\r\n", "14Wrong protocol"},
		{"ex26-slide", "XXXX", "14wrong protocol"},
		{"ex26-slide", "\x00\x00\x00\x00", "14wrong protocol"},
		{"ex26-slide", "0004", "14wrong protocol"},
	} {
		t.Run(row.dialect+" "+row.request[:min(len(row.request), 20)], func(t *testing.T) {
			inBubble(t, row.dialect, newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
				for range 3 {
					said := make(chan struct{})
					go func() {
						defer close(said)
						_, _ = conn.Write([]byte(row.request))
					}()
					expect(t, conn, row.reply)
					<-said
					time.Sleep(101 * time.Millisecond)
				}
				exchanges(t, conn, map[string][]string{
					"ex27": {
						framed4("DIR /"), framed4("a.txt\nb c.txt"),
					}, "ex26": {"04NAME", "09office-pc"}, "ex26-slide": {"NAME", "09office-pc"},
				}[row.dialect]...)
			})
		})
	}
}

func TestBytesAfterGarbageAreDroppedUntilAPause(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		exchanges(t, conn, "abcd", notProtocol)
		for range 5 { // these are commands without a length, so not requests
			time.Sleep(99 * time.Millisecond)
			say(t, conn, framed4("EXECUTE calc"))
		}
		time.Sleep(101 * time.Millisecond)
		exchanges(t, conn, framed4("DIR /"), framed4("a.txt\nb c.txt"))
		require.Equal(t, []string{"DIR /"}, c.heard())
	})
}

func TestAFloodEnds(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
		exchanges(t, conn, "abcd", notProtocol)
		began := time.Now()
		for {
			time.Sleep(50 * time.Millisecond)
			if _, err := conn.Write([]byte("x")); err != nil {
				break
			}
		}
		require.InDelta(t, 10, time.Since(began).Seconds(), 0.1)
	})
}

func TestAWebBrowserIsHungUpOn(t *testing.T) {
	for _, begin := range []string{
		"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\n", "HEAD / HTTP/1.1\r\n",
	} {
		inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
			go func() { _, _ = conn.Write([]byte(begin + "Host: x\r\n\r\n")) }()
			expect(t, conn, notProtocol)
			expectEOF(t, conn)
			require.Empty(t, c.heard())
		})
	}
}

func TestTimeLimitsOfAClient(t *testing.T) {
	for _, row := range []struct {
		what, begin, reply string
		after              time.Duration
	}{
		{"silence", "", "", 10 * time.Minute},
		{"half a length", "00", notProtocol, 30 * time.Second},
		{"half a body", "0008DIR", notProtocol, 30 * time.Second},
	} {
		t.Run(row.what, func(t *testing.T) {
			inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
				time.Sleep(time.Second)
				began := time.Now()
				say(t, conn, row.begin)
				if row.reply != "" {
					expect(t, conn, row.reply)
				} else {
					began = began.Add(-time.Second) // since the request arrived
					expectEOF(t, conn)
				}
				require.Equal(t, row.after, time.Since(began))
			})
		})
	}
}

func TestClientThatDoesNotReadIsDisconnected(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
		say(t, conn, framed4("DIR /"))
		began := time.Now()
		time.Sleep(31 * time.Second)
		_, err := conn.Write([]byte("0"))
		require.Error(t, err, "it is gone after %v", time.Since(began))
	})
}

func TestTheLengthNeverOverflows(t *testing.T) {
	long := newComputer()
	long.names = nil
	for i := range 3000 {
		long.names = append(long.names, fmt.Sprintf("קובץ-%04d.txt", i))
	}
	inBubble(t, "ex27", func() *computer { return long }, func(t *testing.T, conn net.Conn, _ *computer) {
		say(t, conn, framed4("DIR /"))
		var n int
		_, err := fmt.Fscanf(conn, "%4d", &n)
		require.NoError(t, err)
		require.LessOrEqual(t, n, 9999)
		b := make([]byte, n)
		_, err = io.ReadFull(conn, b)
		require.NoError(t, err)
		lines := strings.Split(string(b), "\n")
		require.Greater(t, len(lines), 500)
		require.Equal(t, "... and more", lines[len(lines)-1])
		require.Equal(t, "קובץ-0000.txt", lines[0])
		for i, name := range lines[:len(lines)-1] {
			require.Equal(t, long.names[i], name, "names are whole")
		}
		exchanges(t, conn, framed4("COPY a b"), "0002OK")
	})
}

func TestBytesAreCountedAndNotCharacters(t *testing.T) {
	hebrew := newComputer()
	hebrew.names = []string{"שלום.txt"}
	inBubble(t, "ex27", func() *computer { return hebrew }, func(t *testing.T, conn net.Conn, _ *computer) {
		exchanges(t, conn, framed4("DIR שלום"), "0012שלום.txt")
	})
}

func TestAnEmptyFolderIsAnEmptyReply(t *testing.T) {
	empty := newComputer()
	empty.names = nil
	inBubble(t, "ex27", func() *computer { return empty }, func(t *testing.T, conn net.Conn, _ *computer) {
		exchanges(t, conn, framed4("DIR /"), "0000", framed4("DIR /"), "0000")
	})
}

func TestWordsOfARequestAreLiteral(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		exchanges(
			t, conn, framed4("DELETE *"), badCommand, framed4("DELETE -rf"), badCommand,
			framed4("EXECUTE --timeout=1"), "0002OK", framed4(`DELETE "a"`), badCommand,
		)
		require.Equal(t, []string{`DEL "*"`, `DEL "-rf"`, `EXEC "--timeout=1"`, `DEL """a"""`}, c.heard())
	})
}

func TestAPhotoIsAtMost60000Bytes(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(random.Uint32())
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, nil))
	require.Greater(t, b.Len(), 400_000)
	small, err := dialect.ShrinkJPEG(b.Bytes(), 60_000)
	require.NoError(t, err)
	require.LessOrEqual(t, len(small), 60_000)
	require.Greater(t, len(small), 55_000, "not much smaller than it must be, even of noise")
	size, err := jpeg.DecodeConfig(bytes.NewReader(small))
	require.NoError(t, err)
	require.InDelta(t, 1.5, float64(size.Width)/float64(size.Height), 0.02)

	for n, same := range map[int]bool{59_999: true, 60_000: true} {
		out, err := dialect.ShrinkJPEG(photoOf(n), 60_000)
		require.NoError(t, err)
		require.Equal(t, same, len(out) == n)
	}
	_, err = dialect.ShrinkJPEG(photoOf(60_001), 60_000)
	require.ErrorContains(t, err, "broken", "what is too large is looked into")
}

func TestMissingPictureIsReportedAtOnce(t *testing.T) {
	blind := newComputer()
	blind.photo = nil
	inBubble(t, "ex27", func() *computer { return blind }, func(t *testing.T, conn net.Conn, _ *computer) {
		exchanges(
			t, conn, framed4("TAKE_SCREENSHOT"), badCommand, framed4("SEND_PHOTO"), badCommand,
			framed4("COPY a b"), "0002OK",
		)
	})
}

func TestAFileComesLikeAPhoto(t *testing.T) {
	for _, size := range []int{0, 1, 100_000, 3 << 20} {
		c := newComputer()
		c.file = bytes.Repeat([]byte{7}, size)
		inBubble(t, "ex27", func() *computer { return c }, func(t *testing.T, conn net.Conn, c *computer) {
			for range 2 {
				exchanges(t, conn, framed4("SEND_FILE big"), framed4(fmt.Sprint(size)))
				sized := time.Now()
				expect(t, conn, string(c.file))
				if size > 0 {
					require.Equal(t, 50*time.Millisecond, time.Since(sized))
				}
			}
			exchanges(t, conn, framed4("COPY a b"), "0002OK")
		})
	}
}

func TestChangedFileIsNeverSentAsComplete(t *testing.T) {
	c := newComputer()
	c.file, c.sum = bytes.Repeat([]byte{7}, 300_000), "error=changed"
	inBubble(t, "ex27", func() *computer { return c }, func(t *testing.T, conn net.Conn, c *computer) {
		exchanges(t, conn, framed4("SEND_FILE big"), "0006300000")
		b, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Less(t, len(b), 300_000, "it hangs up before the end")
	})
}

func TestExitIsAnsweredAndTheNextClientServed(t *testing.T) {
	for name, row := range map[string]struct{ exit, bye, next, reply string }{
		"ex27":       {"0004EXIT", "0003bye", framed4("COPY a b"), "0002OK"},
		"ex26":       {"04exit", "", "04NAME", "09office-pc"},
		"ex26-slide": {"EXIT", "03bye", "NAME", "09office-pc"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := overTCP(t, name, newComputer())
			for range 3 {
				conn := connect(t, addr)
				exchanges(t, conn, row.next, row.reply, row.exit, row.bye)
				expectEOF(t, conn)
				gone := connect(t, addr)
				require.NoError(t, gone.SetLinger(0)) // resets the connection, so that the farewell is not read
				say(t, gone, row.exit)
				gone.Close()
			}
		})
	}
}

func TestCommandEndsWhenTheClientDisconnects(t *testing.T) {
	c := newComputer()
	c.blocks = true
	conn := connect(t, overTCP(t, "ex27", c))
	say(t, conn, framed4("EXECUTE forever"))
	<-c.running
	require.NoError(t, conn.SetLinger(0)) // resets the connection when it closes
	require.NoError(t, conn.Close())
	require.Error(t, <-c.ended)
}

func TestCommandContinuesAfterTheClientClosesItsDirection(t *testing.T) {
	for _, asksMore := range []string{"", framed4("EXIT")} {
		inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
			c.blocks = true
			say(t, conn, framed4("EXECUTE forever"))
			<-c.running
			if asksMore != "" {
				say(t, conn, asksMore)
			}
			began := time.Now()
			conn.Close()
			require.Error(t, <-c.ended)
			require.Equal(t, 10*time.Second, time.Since(began))
		})
	}
}

func TestClientThatClosesItsDirectionGetsItsAnswer(t *testing.T) {
	conn := connect(t, overTCP(t, "ex27", newComputer()))
	say(t, conn, framed4("DIR /"))
	require.NoError(t, conn.CloseWrite())
	expect(t, conn, framed4("a.txt\nb c.txt"))
	expectEOF(t, conn)
}

func TestServerThatEndsDisconnectsItsClients(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := newComputer()
	c.blocks = true
	stop := start(t, "ex27", c, l, io.Discard)
	idle, busy := connect(t, l.Addr().String()), connect(t, l.Addr().String())
	exchanges(t, idle, framed4("COPY a b"), "0002OK")
	say(t, busy, framed4("EXECUTE forever"))
	<-c.running
	stop()
	require.Error(t, <-c.ended)
	expectEOF(t, idle)
}
