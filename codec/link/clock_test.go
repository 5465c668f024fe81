package link_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// onFakeClock runs a test with a fake clock, which requires connections of net.Pipe.
func onFakeClock(t *testing.T, test func(t *testing.T)) { synctest.Test(t, test) }

// moment is much shorter than any limit.
const moment = time.Millisecond

// after waits for d, and then until all goroutines are idle.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// requireOpen checks that the server has not hung up, and requireTimeout that it has. A
// TICK that is due at the moment of a hang-up may or may not arrive.
func requireOpen(t testing.TB, r *raw) {
	t.Helper()
	select {
	case g, ok := <-r.frames:
		require.Failf(t, "too early", "%v %v", ok, g)
	default:
	}
}

func requireTimeout(t testing.TB, r *raw) {
	t.Helper()
	rest := slices.DeleteFunc(r.rest(t), func(g got) bool { return g.verb == codec.TICK })
	require.Len(t, rest, 1, "%v", rest)
	require.Equal(t, codec.ERR, rest[0].verb)
	require.True(t, strings.HasPrefix(rest[0].body, "timeout "), rest[0].body)
}

func TestTickIsAnsweredByTicksAfter15Seconds(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		began := time.Now()
		r.say(t, "TICK")
		for i := range 3 { // after 45 s the client has to tick as well
			g := r.next(t)
			require.Equal(t, codec.TICK, g.verb)
			require.Equal(t, time.Duration(i+1)*15*time.Second, g.at.Sub(began))
			if i == 1 {
				r.say(t, "TICK")
			}
		}
	})
}

func TestTickComes15SecondsAfterTheLastFrame(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		r.say(t, "TICK")
		after(10 * time.Second)
		r.say(t, "ECHO", "x")
		answer := r.next(t)
		require.Equal(t, codec.OK, answer.verb)
		tick := r.next(t)
		require.Equal(t, codec.TICK, tick.verb)
		require.Equal(t, 15*time.Second, tick.at.Sub(answer.at))
	})
}

func TestTicksGoOnDuringACall(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		l := open(t, pipe, handler)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := l.Do(ctx, call("WAIT"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, link.ErrLost)
		requireAlive(t, l, "after an hour")
		after(time.Hour)
		requireAlive(t, l, "after another, idle")
	})
}

// A server that sends frames of an answer all the time has no reason to send a TICK.
func TestClientMayBeSilentDuringALongAnswer(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		l := open(t, pipe, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
			c.NoStream()
			for range 3600 {
				time.Sleep(time.Second)
				if err := errors.Join(
					c.Write(codec.DATA, []byte("x")), c.Flush(), context.Cause(ctx),
				); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		came := 0
		r := call("LONG")
		r.Recv = func(f codec.Frame) error { came += len(f.Body); return nil }
		_, err := l.Do(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, 3600, came)
	})
}

func TestClientThatNeverSendsTickGetsNone(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		after(9 * time.Minute)
		requireOpen(t, r)
	})
}

func TestTickingClientIsDeadAfter45Seconds(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		done := serve(t, server, handler)
		r := openRaw(t, client)
		r.say(t, "TICK")
		after(45*time.Second - moment)
		select {
		case err := <-done:
			require.Fail(t, "too early", "%v", err)
		default:
		}
		after(2 * moment)
		require.ErrorIs(t, closed(t, done), &codec.Error{Code: codec.Timeout})
		requireTimeout(t, r)
	})
}

func TestTickingClientIsDeadAfter45SecondsInACall(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		done := serve(t, server, handler)
		r := openRaw(t, client)
		r.say(t, "TICK")
		r.say(t, "WAIT")
		after(45*time.Second + moment)
		require.ErrorIs(t, closed(t, done), &codec.Error{Code: codec.Timeout})
	})
}

func TestServerThatHasTickedIsDeadAfter45Seconds(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		c := codec.NewConn(server)
		go func() {
			_ = c.WriteWords(codec.HELO, codec.Lits(codec.Version)...)
			_ = c.WriteWords(codec.TICK)
			_ = c.Flush()
			c.Drop()
			c.Close()
		}()
		l := openOn(t, client)
		after(45*time.Second - moment)
		select {
		case <-l.Ended():
			require.Fail(t, "too early", "%v", l.Err())
		default:
		}
		after(2 * moment)
		closed(t, l.Ended())
		require.ErrorIs(t, l.Err(), &codec.Error{Code: codec.Timeout})
	})
}

// The client has sent a TICK, so the server must send them too.
func TestServerThatNeverTicksIsDeadAfter45SecondsOfSilence(t *testing.T) {
	for name, says := range map[string]script{
		"no answer at all":    func(*codec.Conn) {},
		"a file, and no more": say(codec.FILE, "f", "0644", "9", "-", "x"),
		"and three bytes, too": func(c *codec.Conn) {
			say(codec.FILE, "f", "0644", "9", "-", "x")(c)
			_ = c.Write(codec.DATA, []byte("abc"))
			_ = c.Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				client, server := net.Pipe()
				go func() {
					c := codec.NewConn(server)
					hello()(c)
					hear(3)(c) // HELO, TICK, the call
					says(c)
					c.Drop()
					c.Close()
				}()
				l := openOn(t, client)
				began := time.Now()
				_, err := l.Do(t.Context(), call("GET", "x"))
				require.Equal(t, 45*time.Second, time.Since(began))
				require.ErrorIs(t, err, link.ErrLost)
				require.ErrorIs(t, err, &codec.Error{Code: codec.Timeout})
			})
		})
	}
}

func TestIdleClientThatNeverTickedHas10Minutes(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, r *raw){
		"from the start": func(*testing.T, *raw) {},
		"after a call": func(t *testing.T, r *raw) {
			r.say(t, "ECHO", "x")
			require.Equal(t, codec.OK, r.next(t).verb)
		},
		"after a long call": func(t *testing.T, r *raw) {
			r.say(t, "WAIT")
			after(time.Hour)
			r.say(t, "STOP")
			require.Equal(t, codec.ERR, r.next(t).verb)
		},
		"in an open stream": func(t *testing.T, r *raw) {
			r.say(t, "TAKE")
		},
		"in a stream that has begun": func(t *testing.T, r *raw) {
			r.say(t, "TAKE")
			r.say(t, "DATA", "x")
		},
		"after a blank line": func(t *testing.T, r *raw) {
			_, err := r.net.Write([]byte("\r\n  \n"))
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				r := openRawTo(t, pipe, handler)
				before(t, r)
				synctest.Wait()
				after(10*time.Minute - moment)
				requireOpen(t, r)
				after(2 * moment)
				requireTimeout(t, r)
			})
		})
	}
}

func TestClientThatNeverTickedMayBeSilentWhileItWaits(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		r.say(t, "TAKE")
		r.say(t, "DATA", "x")
		r.say(t, "END")
		require.Equal(t, codec.OK, r.next(t).verb)
		r.say(t, "WAIT")
		after(24 * time.Hour)
		requireOpen(t, r)
		r.say(t, "STOP")
		require.Equal(t, codec.ERR, r.next(t).verb)
	})
}

func TestBegunFrameHas30Seconds(t *testing.T) {
	for name, bytes := range map[string]string{
		"a byte of a header": "E",
		"most of a header":   "ECHO 000000000",
		"a header":           header("ECHO", 5),
		"most of a body":     header("ECHO", 5) + "abc",
		"a typed line":       "echo abc",
	} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				r := openRawTo(t, pipe, handler)
				_, err := r.net.Write([]byte(bytes))
				require.NoError(t, err)
				after(30*time.Second - moment)
				requireOpen(t, r)
				after(2 * moment)
				requireTimeout(t, r)
			})
		})
	}
}

func TestFrameThatComesByteByByteHas30SecondsAsAWhole(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		go func() {
			for _, c := range []byte(header("ECHO", 1000)) {
				if _, err := r.net.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(2 * time.Second)
			}
		}()
		after(30*time.Second + moment)
		requireTimeout(t, r)
		r.net.Close()
		after(time.Minute)
	})
}

func TestEach64KiBOfAFrameHas30Seconds(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		_, err := r.net.Write([]byte(header("TAKE", 0) + header("DATA", codec.MaxBytes)))
		require.NoError(t, err)
		part := make([]byte, 64<<10)
		for range codec.MaxBytes/len(part) - 1 {
			after(29 * time.Second)
			_, err = r.net.Write(part)
			require.NoError(t, err)
		}
		requireOpen(t, r)
		after(29 * time.Second)
		_, err = r.net.Write(part[1:])
		require.NoError(t, err)
		after(2 * time.Second)
		requireTimeout(t, r)
	})
}

func TestBegunFrameHas30SecondsAlsoWithTicks(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		r := openRawTo(t, pipe, handler)
		r.say(t, "TICK")
		_, err := r.net.Write([]byte("ECHO"))
		require.NoError(t, err)
		after(31 * time.Second)
		requireTimeout(t, r)
	})
}

func TestCancelledCallClosesTheLinkAfterASecondWithoutAnswer(t *testing.T) {
	for name, drop := range map[string]bool{"reads": true, "does not even read": false} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				client, server := net.Pipe()
				c := codec.NewConn(server)
				go func() {
					_ = c.WriteWords(codec.HELO, codec.Lits(codec.Version)...)
					_ = c.Flush()
					for range 2 { // HELO, TICK
						_, _ = c.ReadFrame()
					}
					if drop {
						c.Drop()
					}
				}()
				defer c.Close()
				l := openOn(t, client)
				ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errOwn)
				defer cancel()
				began := time.Now()
				r := call("WAIT")
				r.Send = func(ctx context.Context, up *link.Upstream) error {
					return errors.Join(up.Write(codec.DATA, []byte("x")), up.Flush())
				}
				_, err := l.Do(ctx, r)
				require.Equal(t, 11*time.Second, time.Since(began))
				require.ErrorIs(t, err, link.ErrLost)
				require.ErrorIs(t, err, errOwn)
				closed(t, l.Ended())
			})
		})
	}
}

// The frame that is being sent when the answer arrives must go out before the next call.
func TestSlowSenderMayFinishItsFrameAfterAnEarlyAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		pause time.Duration // of the reader after each 64 KiB
		took  time.Duration
		lost  bool
	}{
		"slow":           {pause: 3 * time.Second, took: 27 * time.Second},
		"not any longer": {pause: time.Hour, took: 10 * time.Second, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				client, server := net.Pipe()
				go func() {
					defer server.Close()
					conn := codec.NewConn(server)
					hello()(conn)
					hear(3)(conn) // HELO, TICK, the call
					hear(1)(conn)
					time.Sleep(moment) // until the next frame is being written
					say(codec.ERR, "exists", "exists already")(conn)
					for {
						time.Sleep(c.pause)
						switch f, err := conn.ReadFrame(); {
						case err != nil:
							return
						case f.Verb == codec.MakeVerb("ECHO"):
							say(codec.OK, "said=next")(conn)
						}
					}
				}()
				defer after(c.pause) // until the server notices the end
				l := openOn(t, client)
				r := call("PUT", "x")
				r.Send = func(_ context.Context, up *link.Upstream) error {
					return pour(t.Context(), dataTo{up.Conn}, 10*64<<10)
				}
				began := time.Now()
				_, err := l.Do(t.Context(), r)
				require.ErrorIs(t, err, &codec.Error{Code: codec.Exists})
				require.Equal(t, c.took+moment, time.Since(began))
				if c.lost {
					closed(t, l.Ended())
					return
				}
				requireAlive(t, l, "next")
			})
		})
	}
}

// A client that has closed its direction gets its answer as long as bytes of it are sent.
func TestRunningCallIsGivenUp10SecondsAfterTheClientsEnd(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		ended := make(chan time.Time, 1)
		done := serve(t, server, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
			c.NoStream()
			<-ctx.Done()
			ended <- time.Now()
			return nil, context.Cause(ctx)
		})
		r := openRaw(t, client)
		r.say(t, "WAIT")
		began := time.Now()
		r.net.Close()
		require.Equal(t, 10*time.Second, (<-ended).Sub(began))
		require.Error(t, closed(t, done))
	})
}

// Client programs send HELO, and close their direction only when they end.
func TestRunningCallIsGivenUpAtOnceWhenAProgramIsGone(t *testing.T) {
	identity, err := trust.NewIdentity()
	require.NoError(t, err)
	plain := func(client, server net.Conn) (c, s net.Conn) { return client, server }
	secured := func(client, server net.Conn) (c, s net.Conn) {
		return tls.Client(client, identity.Client(identity.ID)), tls.Server(server, identity.Server())
	}
	for name, c := range map[string]struct {
		over   func(client, server net.Conn) (c, s net.Conn)
		killed bool // ends without the close_notify of TLS
	}{
		"plain":          {over: plain},
		"TLS":            {over: secured},
		"TLS, cut short": {over: secured, killed: true},
	} {
		t.Run(name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T) {
				bare, far := net.Pipe()
				client, server := c.over(bare, far)
				begun, ended := make(chan struct{}), make(chan time.Time, 1)
				done := serve(t, server, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
					c.NoStream()
					close(begun)
					<-ctx.Done()
					ended <- time.Now()
					return nil, context.Cause(ctx)
				})
				r := openRaw(t, client)
				r.say(t, "HELO", codec.Version)
				r.say(t, "WAIT")
				<-begun
				began := time.Now()
				if c.killed {
					bare.Close()
				} else {
					client.Close()
				}
				require.Equal(t, began, <-ended)
				closed(t, done)
			})
		})
	}
}

func TestServeEndsAlthoughAHandlerWritesToAPeerThatIsGone(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		defer client.Close()
		done := make(chan error, 1)
		go func() {
			watched := link.NewTimedConn(server)
			done <- link.New(codec.NewConn(watched), watched).Serve(ctx, handler)
		}()
		_, err := client.Write([]byte(header("YES", 0))) // the client never reads the answer
		require.NoError(t, err)
		after(time.Minute)
		cancel()
		began := time.Now()
		require.Error(t, <-done)
		require.LessOrEqual(t, time.Since(began), 6*time.Second)
	})
}
