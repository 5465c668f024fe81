package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

var errOwn = errors.New("a reason of our own")

// handler answers the calls of these tests.
func handler(ctx context.Context, c *link.Call) (codec.Pairs, error) {
	switch c.Verb.String() {
	case "ECHO":
		return echo(c)
	case "WAIT": // blocks until it is stopped
		c.NoStream()
		<-ctx.Done()
		return nil, context.Cause(ctx)
	case "YES": // sends an endless answer
		c.NoStream()
		return nil, pour(ctx, dataTo{c.Conn}, 1<<62)
	case "ONE":
		c.NoStream()
		return nil, c.Write(codec.DATA, []byte("one"))
	case "TAKE": // counts the bytes of its stream
		n := 0
		err := c.Receive(ctx, func(f codec.Frame) error {
			n += len(f.Body)
			return nil
		})
		return codec.Pairs{codec.PairOf("bytes", n)}, err
	case "DENY": // refuses its stream
		return nil, c.Receive(ctx, func(f codec.Frame) error {
			return codec.Errorf(codec.Exists, "")
		})
	case "DULL": // answers without reading its stream
		c.NoStream()
		return nil, codec.Errorf(codec.NotAllowed, "")
	case "LOUD": // sends NOTE during its stream
		return beside(ctx, c, func() error {
			return errors.Join(c.WriteWords(codec.NOTE, codec.Lits("busy", "x", "a note")...), c.Flush())
		})
	case "FULL": // sends DATA during its stream
		block := make([]byte, 64<<10)
		return beside(ctx, c, func() error { return errors.Join(c.Write(codec.DATA, block), c.Flush()) })
	case "BOOM":
		c.NoStream()
		panic("boom, on purpose")
	case "BANG":
		return nil, c.Receive(ctx, func(codec.Frame) error { panic("bang, on purpose") })
	case "BYE":
		c.NoStream()
		return codec.Pairs{{Key: "said", Value: "bye"}}, link.ErrBye
	}
	c.NoStream()
	return nil, codec.Errorf(codec.UnknownVerb, "")
}

// beside counts the bytes of a stream and meanwhile calls speak repeatedly.
func beside(ctx context.Context, c *link.Call, speak func() error) (codec.Pairs, error) {
	n := 0
	ended := make(chan error, 1)
	go func() {
		ended <- c.Receive(ctx, func(f codec.Frame) error {
			n += len(f.Body)
			return nil
		})
	}()
	for {
		select {
		case err := <-ended:
			return codec.Pairs{codec.PairOf("bytes", n)}, err
		default:
			if err := speak(); err != nil {
				return nil, errors.Join(err, <-ended)
			}
		}
	}
}

// upload returns a Send of n bytes.
func upload(n int) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error { return pour(ctx, dataTo{up.Conn}, n) }
}

func TestCallsAreAnsweredInOrder(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for i := range 1000 {
			requireAlive(t, l, strconv.Itoa(i))
		}
	})
}

func TestCallsOfSeveralGoroutinesTakeTurns(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		done := make(chan error)
		for i := range 8 {
			go func() {
				done <- func() error {
					for j := range 100 {
						word := fmt.Sprint(i, " ", j)
						pairs, err := l.Do(t.Context(), call("ECHO", word))
						if said, _ := pairs.Get("said"); err != nil || said != word {
							return fmt.Errorf("%s: %v %v", word, pairs, err)
						}
					}
					return nil
				}()
			}()
		}
		for range 8 {
			require.NoError(t, <-done)
		}
	})
}

func TestPipelinedCallsWaitTheirTurn(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		var running, most atomic.Int32
		r := openRawTo(t, connect, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return echo(c)
		})
		var all bytes.Buffer
		const calls = 200
		for i := range calls {
			fmt.Fprintf(&all, "ECHO %010d\n%03d\n", 4, i)
		}
		go r.net.Write(all.Bytes())
		for i := range calls {
			g := r.next(t)
			require.Equal(t, codec.OK, g.verb)
			require.Equal(t, fmt.Sprintf("said=%03d\n", i), g.body)
		}
		require.EqualValues(t, 1, most.Load())
	})
}

func TestStopCancelsAndTheSessionGoesOn(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		r.say(t, "WAIT")
		r.say(t, "STOP")
		g := r.next(t)
		require.Equal(t, codec.ERR, g.verb)
		require.True(t, strings.HasPrefix(g.body, "cancelled "), g.body)
		r.say(t, "ECHO", "next")
		require.Equal(t, "said=next\n", r.next(t).body)
	})
}

func TestCancelledCallReturnsTheContextsCause(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for _, verb := range []string{"WAIT", "YES"} {
			ctx, cancel := context.WithCancelCause(t.Context())
			first := make(chan struct{}, 1)
			if verb == "WAIT" {
				first <- struct{}{}
			}
			go func() {
				<-first
				cancel(errOwn)
			}()
			r := call(verb)
			r.Recv = func(codec.Frame) error {
				select {
				case first <- struct{}{}:
				default:
				}
				return nil
			}
			_, err := l.Do(ctx, r)
			require.ErrorIs(t, err, errOwn)
			requireAlive(t, l, "after "+verb)
		}
	})
}

// A STOP that crosses the answer must not stop the next call.
func TestCancelAtAnyInstantNeverTouchesTheNextCall(t *testing.T) {
	// for each transport: a STOP rarely crosses the answer at the critical instant
	calls := rounds(10_000, 1_000)
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
			var err error
			switch c.Verb.String() {
			case "WORK": // ends by itself at about the time of the cancel
				c.NoStream()
				spin(rand.IntN(20))
				err = errors.Join(c.Write(codec.DATA, []byte("data")), c.Flush())
				spin(rand.IntN(20))
			case "FEED": // likewise with a stream
				err = c.Receive(ctx, func(codec.Frame) error { return nil })
			case "NEXT": // would notice a STOP
				pairs, err := echo(c)
				spin(20)
				return pairs, errors.Join(err, context.Cause(ctx))
			}
			return nil, err
		})
		cancelled := 0
		for i := range calls {
			ctx, cancel := context.WithCancel(t.Context())
			r := call("WORK")
			if i%3 == 0 {
				r = call("FEED")
				r.Send = upload(rand.IntN(1000))
			}
			begun := make(chan struct{})
			go func() {
				close(begun)
				spin(rand.IntN(500))
				cancel()
			}()
			<-begun
			_, err := l.Do(ctx, r)
			cancel()
			if err != nil {
				require.ErrorIs(t, err, context.Canceled, "call %d", i)
				require.NotErrorIs(t, err, link.ErrLost, "call %d", i)
				cancelled++
			}
			word := strconv.Itoa(i)
			pairs, err := l.Do(t.Context(), call("NEXT", word))
			require.NoError(t, err, "after call %d", i)
			require.Equal(t, codec.Pairs{{Key: "said", Value: word}}, pairs)
		}
		t.Logf("%d of %d were cancelled", cancelled, calls)
		require.NotZero(t, cancelled)
		require.Less(t, cancelled, calls)
	})
}

// spin takes about n microseconds without sleeping.
func spin(n int) {
	for began := time.Now(); time.Since(began) < time.Duration(n)*time.Microsecond; {
	}
}

func TestStreamRefusedEarlyLeavesTheSessionUsable(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for verb, code := range map[string]error{"DENY": fs.ErrExist, "DULL": fs.ErrPermission} {
			for i := range 20 {
				r := call(verb)
				r.Send = upload(64 << 20)
				_, err := l.Do(t.Context(), r)
				require.ErrorIs(t, err, code)
				requireAlive(t, l, strconv.Itoa(i))
			}
		}
	})
}

// A simple program sends its whole stream before it reads the answer. The frames that
// arrive after an early answer must be dropped, not taken for calls.
func TestStreamGoesOnAfterTheAnswerAndIsDropped(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		r.say(t, "DENY")
		require.NoError(t, pour(t.Context(), dataTo{r.Conn}, 64<<20))
		r.say(t, "SUM", "none")
		r.say(t, "END")
		r.say(t, "ECHO", "next")
		require.True(t, strings.HasPrefix(r.next(t).body, "exists "))
		require.Equal(t, "said=next\n", r.next(t).body)
	})
}

func TestAnswerFloodsWhileAStreamComes(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for _, verb := range []string{"LOUD", "FULL"} {
			came := 0
			r := call(verb)
			r.Send = upload(16 << 20)
			r.Recv = func(codec.Frame) error { came++; return nil }
			pairs, err := l.Do(t.Context(), r)
			require.NoError(t, err)
			n, _ := pairs.Int("bytes")
			require.EqualValues(t, 16<<20, n)
			require.NotZero(t, came)
			requireAlive(t, l, verb)
		}
	})
}

func TestReceiversErrorStopsTheCall(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for i := range 20 {
			r := call("YES")
			r.Recv = func(codec.Frame) error { return errOwn }
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, errOwn)
			requireAlive(t, l, strconv.Itoa(i))
		}
	})
}

// An OK that follows immediately must not hide the error of Recv for the last frame.
func TestReceiversErrorOnTheLastFrameIsNotLost(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for i := range 500 {
			r := call("ONE")
			r.Recv = func(codec.Frame) error { return errOwn }
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, errOwn, "call %d", i)
		}
		requireAlive(t, l, "next")
	})
}

func TestSendersErrorStopsTheCall(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for i := range 20 {
			r := call("TAKE")
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				return errors.Join(pour(ctx, dataTo{up.Conn}, 1<<20), errOwn)
			}
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, errOwn)
			requireAlive(t, l, strconv.Itoa(i))
		}
	})
}

func TestSendersErrorIsNotASuccess(t *testing.T) { // not even when the server answers OK
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		for i := range 200 {
			r := call("TAKE")
			r.Send = func(context.Context, *link.Upstream) error { return errOwn }
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, errOwn, "call %d", i)
		}
	})
}

func TestPanicEndsOnlyItsSessionWithOneError(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for _, verb := range []string{"BOOM", "BANG"} {
			other := open(t, connect, handler)
			client, server := connect(t)
			done := serve(t, server, handler)
			r := openRaw(t, client)
			r.say(t, verb)
			if verb == "BANG" {
				r.say(t, "DATA", "x")
			}
			rest := r.rest(t)
			require.Len(t, rest, 1, "%v", rest)
			require.Equal(t, codec.ERR, rest[0].verb)
			require.True(t, strings.HasPrefix(rest[0].body, "internal "), rest[0].body)
			require.NotContains(t, rest[0].body, "goroutine", "the stack is for the server's log")
			err := closed(t, done)
			require.ErrorContains(t, err, "on purpose")
			require.ErrorContains(t, err, "calls_test.go", "the log needs the stack")
			requireAlive(t, other, verb)
		}
	})
}

func TestByeIsAnsweredAlthoughTheServerThenCloses(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for i := range 200 {
			l := open(t, connect, handler)
			pairs, err := l.Do(t.Context(), call("BYE"))
			require.NoError(t, err, "session %d", i)
			require.Equal(t, codec.Pairs{{Key: "said", Value: "bye"}}, pairs)
			closed(t, l.Ended())
			l.Close()
		}
	})
}

// When a connection is closed with unread bytes, TCP discards the last answer at the
// client. A server that hangs up must therefore read first.
func TestLastAnswerIsReadAlthoughTheClientStillSends(t *testing.T) {
	client, server := loopback(t)
	done := serve(t, server, handler)
	_, err := client.Write([]byte("bye\necho a\necho b\n" + strings.Repeat("data x\n", 10_000)))
	require.NoError(t, err)
	require.NoError(t, closed(t, done))
	r := openRaw(t, client) // reads only from now on
	require.Equal(t, []string{"said=bye\n"}, bodies(r.rest(t)))
}

func bodies(frames []got) (all []string) {
	for _, g := range frames {
		all = append(all, g.body)
	}
	return all
}

func TestCallOnADeadLinkIsLost(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		client, server := connect(t)
		serve(t, server, handler)
		l := openOn(t, client)
		server.Close()
		closed(t, l.Ended())
		for range 3 {
			_, err := l.Do(t.Context(), call("ECHO", "x"))
			require.ErrorIs(t, err, link.ErrLost)
			lost, ok := errors.AsType[*link.LostError](err)
			require.True(t, ok)
			require.Error(t, lost.Reason)
		}
	})
}

func TestLinkThatBreaksDuringACallIsLost(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for _, verb := range []string{"WAIT", "YES", "TAKE", "FULL"} {
			client, server := connect(t)
			done := serve(t, server, handler)
			l := openOn(t, client)
			begun := make(chan struct{})
			go func() {
				<-begun
				server.Close()
			}()
			r := call(verb)
			switch verb {
			case "TAKE", "FULL":
				r.Send = func(ctx context.Context, up *link.Upstream) error {
					close(begun)
					return pour(ctx, dataTo{up.Conn}, 1<<40)
				}
			default:
				close(begun)
			}
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, link.ErrLost, verb)
			closed(t, done)
		}
	})
}

func TestCloseEndsARunningCall(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for range 20 {
			l := open(t, connect, handler)
			begun := make(chan struct{})
			go func() {
				<-begun
				l.Close()
			}()
			r := call("FULL")
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				close(begun)
				return pour(ctx, dataTo{up.Conn}, 1<<40)
			}
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, link.ErrLost)
		}
	})
}

func TestServersErrorOutsideACallIsTheReason(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		client, server := connect(t)
		go func() {
			c := codec.NewConn(server)
			_ = c.WriteWords(codec.HELO, codec.Lits(codec.Version)...)
			_ = c.Flush()
			for range 2 { // HELO, TICK
				_, _ = c.ReadFrame()
			}
			_ = c.WriteWords(codec.ERR, codec.Errorf(codec.Draining, "").Words()...)
			_ = c.Flush()
			c.Close()
		}()
		l := openOn(t, client)
		closed(t, l.Ended())
		_, err := l.Do(t.Context(), call("ECHO", "x"))
		require.ErrorIs(t, err, link.ErrLost)
		require.ErrorIs(t, err, &codec.Error{Code: codec.Draining})
	})
}

func TestTooLongCallIsNotSentAndTheLinkGoesOn(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, handler)
		_, err := l.Do(t.Context(), call("ECHO", strings.Repeat("x", codec.MaxWords)))
		require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
		requireAlive(t, l, strings.Repeat("x", 60_000))
	})
}

func TestNewsReachesItsReaderInACallAndOutside(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, func(_ context.Context, c *link.Call) (codec.Pairs, error) {
			return nil, c.WriteWords(codec.NEWS, codec.Lits("said", "hello")...)
		})
		var news []string
		l.News = func(kind, text string) { news = append(news, kind+" "+text) }
		r := call("ECHO")
		r.Recv = func(f codec.Frame) error { return fmt.Errorf("NEWS is no part of an answer: %v", f) }
		_, err := l.Do(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, []string{"said hello"}, news)
	})
}

func TestFramesTheClientDoesNotKnowAreSkipped(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		l := open(t, connect, func(_ context.Context, c *link.Call) (codec.Pairs, error) {
			return nil, errors.Join(
				c.WriteWords(codec.MakeVerb("NOVA"), codec.Lits("x")...),
				c.Write(codec.DATA, []byte("y")),
			)
		})
		var data string
		r := call("ECHO")
		r.Recv = func(f codec.Frame) error { data += f.Verb.String() + string(f.Body); return nil }
		_, err := l.Do(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, "DATAy", data)
	})
}

func TestErrorOfALostLinkHasNoAddresses(t *testing.T) {
	reset := &net.OpError{
		Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 1}, Addr: &net.TCPAddr{Port: 2},
		Err: errors.New("connection reset by peer"),
	}
	require.EqualError(t, &link.LostError{Reason: reset}, "the link was lost: connection reset by peer")
}
