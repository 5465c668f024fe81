package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// is returns an error for require.ErrorIs that matches every error of this code.
func is(code codec.Code) error { return &codec.Error{Code: code} }

// readAll reads frames as text until an error.
func readAll(conn *codec.Conn) (frames []string, err error) {
	frames = []string{}
	for {
		f, err := conn.ReadFrame()
		if err != nil {
			return frames, err
		}
		frames = append(frames, fmt.Sprintf("%s %q %q", f.Verb, f.Word, f.Body))
	}
}

func TestAFrameCutAtAnyByteIsALostLink(t *testing.T) {
	for _, v := range append(vectors(t, "frames.txt"), vectors(t, "hand.txt")...) {
		if v.expect == "bad-frame" || v.expect == "cut" || len(v.bytes) > 200 {
			continue
		}
		whole := func(b []byte) ([]string, error) {
			conn := reading(b)
			conn.Hand = true
			return readAll(conn)
		}
		all, err := whole(v.bytes)
		require.ErrorIs(t, err, io.EOF, v.title)
		for n := range v.bytes {
			got, err := whole(v.bytes[:n])
			require.Equal(t, all[:len(got)], got, v.title)
			if err != io.EOF {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s, cut at %d", v.title, n)
			}
			if err == io.EOF && n > 0 { // the cut is between two frames, so the rest has only whole ones
				rest, err := whole(v.bytes[n:])
				require.ErrorIs(t, err, io.EOF)
				require.Equal(t, all[len(got):], rest, "%s, cut at %d", v.title, n)
			}
		}
	}
}

func TestPiecesOfAnySizeMakeTheSameFrames(t *testing.T) {
	for _, file := range []string{"frames.txt", "hand.txt"} {
		for _, v := range vectors(t, file) {
			if len(v.bytes) > 10_000 {
				continue
			}
			results := map[string]bool{}
			for _, r := range []io.Reader{
				bytes.NewReader(v.bytes),
				iotest.OneByteReader(bytes.NewReader(v.bytes)),
				iotest.HalfReader(bytes.NewReader(v.bytes)),
				iotest.DataErrReader(bytes.NewReader(v.bytes)),
			} {
				conn := over(r, io.Discard)
				conn.Hand = file == "hand.txt"
				frames, err := readAll(conn)
				results[fmt.Sprint(frames, err)] = true
			}
			require.Len(t, results, 1, v.title)
		}
	}
}

func TestTheConnectionsOwnErrorIsKept(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for _, begin := range []string{"", "DI", "DIR  0000000004\n", "DIR  0000000004\nC:"} {
		for _, hand := range []bool{false, true} {
			conn := over(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(reset)), io.Discard)
			conn.Hand = hand
			_, err := conn.ReadFrame()
			require.ErrorIs(t, err, reset, "%q", begin)
		}
	}
}

func TestAClaimedLengthTakesNoMemory(t *testing.T) {
	claims := []byte("DATA 0001048576\n0123456789")
	const conns = 8
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range conns {
		_, err := reading(claims).ReadFrame()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)/conns, uint64(128<<10))
}

func TestARefusedLengthNamesBothNumbers(t *testing.T) {
	_, err := reading([]byte("DATA 0001048577\n")).ReadFrame()
	require.EqualError(t, err, "DATA of 1048577 bytes, the limit is 1048576")
}

func TestMaxWordsLowersTheLimitOfWords(t *testing.T) {
	for n, ok := range map[int]bool{1023: true, 1024: true, 1025: false} {
		conn := reading(fmt.Appendf(nil, "ECHO %010d\n%s\n", n, strings.Repeat("a", n-1)))
		conn.MaxWords = 1024
		_, err := conn.ReadFrame()
		if ok {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, is(codec.BadFrame))
		}
	}
}

func TestSteadyDataTakesNoMemory(t *testing.T) {
	frame := make([]byte, codec.HeaderSize+256<<10)
	var wire bytes.Buffer
	out := over(nil, &wire)
	require.NoError(t, out.WriteReserved(codec.DATA, frame))
	conn := over(&endless{frame: wire.Bytes()}, io.Discard)
	require.Zero(t, testing.AllocsPerRun(20, func() {
		if f, err := conn.ReadFrame(); err != nil || len(f.Body) != 256<<10 {
			panic(err)
		}
		if err := conn.WriteReserved(codec.DATA, frame); err != nil {
			panic(err)
		}
	}))
}

// endless is a reader that repeats the same bytes.
type endless struct {
	frame []byte
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at == len(e.frame) {
		e.at = 0
	}
	n := copy(p, e.frame[e.at:])
	e.at += n
	return n, nil
}

func TestInsideFrameReportsAPartlyReadFrame(t *testing.T) {
	for _, hand := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			conn := codec.NewConn(here)
			conn.Hand = hand
			frames := make(chan codec.Frame)
			go func() {
				defer close(frames)
				for {
					f, err := conn.ReadFrame()
					if err != nil {
						return
					}
					frames <- f
				}
			}()
			step := func(bytes string, midway bool) {
				_, err := there.Write([]byte(bytes))
				require.NoError(t, err)
				synctest.Wait()
				require.Equal(t, midway, conn.InsideFrame(), "%q", bytes)
			}
			if hand {
				step("\n", false)
			}
			step("D", true)
			step("IR  0000000004\n", true)
			step("C:\\", true)
			step("\n", false)
			<-frames
			step("P", true)
			require.NoError(t, there.Close())
			<-frames
		})
	}
}

func TestSilenceIsTheTimeSinceTheLastFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := over(nil, io.Discard)
		time.Sleep(15 * time.Second) // the fake clock of the bubble
		require.Equal(t, 15*time.Second, conn.Silence())
		require.NoError(t, conn.WriteWords(codec.TICK))
		require.Equal(t, 15*time.Second, conn.Silence(), "what is queued is not sent")
		require.NoError(t, conn.Flush())
		require.Zero(t, conn.Silence())
	})
}

func TestTrimLosesNothing(t *testing.T) {
	var wire bytes.Buffer
	conn := over(&wire, &wire)
	require.NoError(t, conn.Write(codec.DATA, make([]byte, 100<<10)))
	conn.TrimOut()
	require.NoError(t, conn.Flush())
	conn.TrimOut()
	require.NoError(t, conn.WriteWords(codec.OK))
	require.NoError(t, conn.Flush())
	for _, want := range []int{100 << 10, 0} {
		f, err := conn.ReadFrame()
		require.NoError(t, err)
		require.Len(t, f.Body, want)
		conn.TrimIn()
	}
}

func TestCloseClosesOnce(t *testing.T) {
	closer := &half{}
	conn := codec.NewConn(closer)
	require.NoError(t, conn.CloseWrite())
	require.ErrorIs(t, conn.Close(), io.ErrClosedPipe)
	require.ErrorIs(t, conn.Close(), io.ErrClosedPipe)
	require.Equal(t, "wc", closer.calls)

	require.ErrorIs(t, reading(nil).CloseWrite(), errors.ErrUnsupported)
}

type half struct {
	bytes.Buffer
	calls string
}

func (h *half) CloseWrite() error { h.calls += "w"; return nil }

func (h *half) Close() error { h.calls += "c"; return io.ErrClosedPipe }

func TestDropReadsToTheEnd(t *testing.T) {
	rest := strings.NewReader(strings.Repeat("nonsense\n", 10_000))
	over(rest, io.Discard).Drop()
	require.Zero(t, rest.Len())
}
