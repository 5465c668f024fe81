package shell

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

func TestDoctorOfAHealthyComputer(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{}, trust.Dir|trust.Info)
	require.NoError(t, s.does(t, "doctor"))
	text := output()
	require.Regexp(t, `^ok    version +\S+ \S?s  techsh/1, on \w+: \S+ as \S+
ok    rights   +\S+ \S?s  bob-laptop may dir info
ok    clock    +\S+ \S?s  as here, ± \S+ ms
ok    display  +\S+ \S?s  not offered there
ok    disk     +\S+ \S?s  \S+ \S+ free of \S+ \S+ on /\S*
$`, text)
	require.NoError(t, s.does(t, "pwd"), "the shell's own connection is another one")
}

// steps is a Reach that gets so far on its way.
func steps(passed []string, fails string, why error) Reach {
	return func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		for _, name := range passed {
			Step(ctx, name)("found " + name)
		}
		Step(ctx, fails)
		return nil, link.Opening{}, why
	}
}

func TestDoctorNamesTheFirstStepThatFails(t *testing.T) {
	s, output := unconnected(t, steps([]string{"name", "address"}, "TCP", withHint(errors.New("nobody answers"), "is it on?")))
	err := s.does(t, "doctor office-pc")
	require.Equal(t, StatusConnect, s.status(err))
	require.Regexp(t, `^ok    name     +\S+ ms  found name
ok    address  +\S+ ms  found address
FAIL  TCP      +\S+ ms  nobody answers
 {27}is it on\?
doctor: office-pc: TCP failed
$`, output())
}

// patients answer the greeting, and then what a test has them answer.
func patients(t *testing.T, a answers, more codec.Pairs, refusal *codec.Error) Reach {
	t.Helper()
	return func(context.Context, string, func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		near, far := net.Pipe()
		done := make(chan struct{})
		t.Cleanup(func() { far.Close(); <-done })
		go func() {
			defer close(done)
			c := codec.NewConn(far)
			defer c.Close()
			if refusal != nil {
				_ = errors.Join(c.WriteWords(codec.ERR, refusal.Words()...), c.Flush())
				return
			}
			hello := codec.Hello{Versions: []string{codec.Version}, System: "linux", Host: "evil\x1b[31m", Cwd: "/home", More: more}
			for v := range a {
				hello.Verbs = append(hello.Verbs, v)
			}
			_ = errors.Join(c.WriteWords(codec.HELO, hello.Words()...), c.Flush())
			for {
				f, err := c.ReadFrame()
				if err != nil {
					return
				}
				words, _ := f.Words()
				if answer, known := a[f.Verb.String()]; known {
					answer(c, words)
					_ = c.Flush()
				}
			}
		}()
		return near, link.Opening{}, nil
	}
}

// A server that says again what it hears does not get the cookie printed.
func TestDoctorPrintsNoCookie(t *testing.T) {
	s, output := unconnected(t, reaching(echoServer(t), cookie))
	require.Error(t, s.does(t, "doctor"))
	require.Regexp(t, `FAIL  version .* it said AUTH, not HELO`, output())
	require.NotContains(t, output(), cookie[:6])
}

func TestDoctorSaysWhatIsWrongThere(t *testing.T) {
	noDisplay := func(c *codec.Conn, _ []codec.Word) {
		e := codec.Errorf(codec.NoDisplay, "nobody is logged in at the screen")
		_ = c.WriteWords(codec.ERR, e.Words()...)
	}
	for name, c := range map[string]struct {
		reach  Reach
		status int
		prints []string
	}{
		"it does not know us": {
			patients(t, nil, nil, &codec.Error{Code: codec.Unpaired, Text: "office-pc does not know this computer", Hint: `use "techsh pair" here`}),
			StatusConnect,
			[]string{`FAIL  rights .*  office-pc does not know this computer\n +use "techsh pair" here\ndoctor: connection: rights failed\n$`},
		},
		"it is something else": {
			patients(t, nil, nil, codec.Errorf(codec.Draining, "")),
			StatusConnect,
			[]string{`FAIL  version .*  connection: the server is going down\n`},
		},
		"we may nothing": {
			patients(t, answers{"PING": nil}, codec.Pairs{{Key: "may", Value: "none"}}, nil),
			StatusFailed,
			[]string{`ok    version .*evil\\x1b\[31m`, `FAIL  rights .*  this computer may do nothing there\n +its owner`},
		},
		"no time": {
			patients(t, answers{"TIME": tells("noon\n")}, nil, nil),
			StatusFailed,
			[]string{`ok    rights .*  1 verb\n`, `FAIL  clock .*  noon is no time\n.*doctor: connection: clock failed\n$`},
		},
		"no display is no failure, and a full disk is one": {
			patients(t, answers{"DISP": noDisplay, "DF": tells("/home ext4 1000000000 4096\n")}, nil, nil),
			StatusFailed,
			[]string{`ok    clock .*  not offered there\n`, `ok    display .*  none: nobody is logged in at the screen\n`, `FAIL  disk .*  4.0 KiB free of 954 MiB on /home\n +delete something there`},
		},
		"displays and a disk": {
			patients(t, answers{"DISP": tells("1 1920x1080 0,0 - primary=yes\n2 800x600 1920,0 -\n"), "DF": tells("/ ext4 1073741824 536870912\n")}, nil, nil),
			StatusOK,
			[]string{`ok    display .*  1920x1080, 800x600\n`, `ok    disk .*  512 MiB free of 1.0 GiB on /\n$`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, output := unconnected(t, c.reach)
			err := s.does(t, "doctor")
			text := output()
			require.Equal(t, c.status, s.status(err), text)
			for _, line := range c.prints {
				require.Regexp(t, `(?s)`+line, text)
			}
		})
	}
}

// A step that nobody listens to is not in the way, and one that is ended twice
// counts once.
func TestStepsWithoutADoctor(t *testing.T) {
	Step(t.Context(), "TCP")("answers")
	var ended []string
	tr := &trail{}
	tr.ended = func(name string, _ time.Duration, found string) { ended = append(ended, name+" "+found) }
	ctx := context.WithValue(t.Context(), trailKey{}, tr)
	address := Step(ctx, "address")
	address("192.0.2.7")
	tcp := Step(ctx, "TCP")
	address("192.0.2.8")
	tcp("answers")
	require.Equal(t, []string{"address 192.0.2.7", "TCP answers"}, ended)
}

func TestDoctorOfADialect(t *testing.T) {
	t.Parallel()
	for name, verdict := range map[string]string{
		"ex27": `^ok    dialect  +\S+ \S?s  ex27
$`,
		"ex26": `^ok    dialect  +\S+ \S?s  ex26
ok    clock    +\S+ \S?s  .*
$`,
	} {
		s, output := dialectShell(t, name)
		require.NoError(t, s.does(t, "doctor"))
		require.Regexp(t, verdict, output(), "what it has no words for is no step")
	}
	fails := steps([]string{"address", "TCP"}, "dialect", errors.New("it does not answer"))
	s, output := unconnected(t, fails)
	s.Dialect = "auto"
	require.Error(t, s.does(t, "doctor office-pc"))
	require.Regexp(t, `\nFAIL  dialect  +\S+ \S?s  it does not answer\n.*\ndoctor: office-pc: dialect failed\n$`, output())
}

// A step that the way begins, and the doctor ends, has taken all that time.
func TestAStepIsBegunOnce(t *testing.T) {
	var whole time.Duration
	tr := &trail{}
	tr.ended = func(_ string, took time.Duration, _ string) { whole = took }
	Step(context.WithValue(t.Context(), trailKey{}, tr), "dialect")
	tr.began = tr.began.Add(-time.Hour)
	tr.begin("dialect")("ex27")
	require.Greater(t, whole, time.Hour)
}
