package protocol_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell"
	"techsh/shell/client"
	"techsh/shell/console"
)

func TestDoctorOfAHealthyComputer(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Dir|trust.Info)
	require.NoError(t, s.Run("doctor"))
	text := s.Printed()
	require.Regexp(t, `^ok    version +\S+ \S?s  techsh/1, on \w+: \S+ as \S+
ok    rights   +\S+ \S?s  bob-laptop may dir info
ok    clock    +\S+ \S?s  as the local clock, ± \S+ ms
ok    display  +\S+ \S?s  not offered by the remote
ok    disk     +\S+ \S?s  \S+ \S+ free of \S+ \S+ on /\S*
$`, text)
	require.NoError(t, s.Run("pwd"), "the shell's own connection is another one")
}

// steps returns a Dial that passes some steps and then fails.
func steps(passed []string, fails string, why error) client.Dial {
	return func(
		ctx context.Context,
		_ string,
		_ func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		for _, name := range passed {
			client.BeginStep(ctx, name)("found " + name)
		}
		client.BeginStep(ctx, fails)
		return nil, link.Opening{}, why
	}
}

func TestDoctorNamesTheFirstStepThatFails(t *testing.T) {
	s := shelltest.New(
		t,
		steps([]string{"name", "address"}, "TCP", console.WithHint(errors.New("nobody answers"), "is it on?")),
	)
	require.Equal(t, shell.StatusConnect, s.Batch(t.Context(), shelltest.Line("doctor office-pc")))
	require.Regexp(t, `^ok    name     +\S+ ms  found name
ok    address  +\S+ ms  found address
FAIL  TCP      +\S+ ms  nobody answers
 {27}is it on\?
doctor: office-pc: TCP failed
$`, s.Printed())
}

// patients returns a Dial to a server that greets and then answers with a, or only
// answers with refusal.
func patients(t *testing.T, a shelltest.Answers, more codec.Pairs, refusal *codec.Error) client.Dial {
	t.Helper()
	return func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
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
			hello := codec.Hello{
				Versions: []string{codec.Version},
				System:   "linux",
				Host:     "evil\x1b[31m",
				Cwd:      "/home",
				More:     more,
			}
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

// A server that sends back what it receives must not make doctor print the cookie.
func TestDoctorPrintsNoCookie(t *testing.T) {
	s := shelltest.New(t, shelltest.Dialing(echoServer(t), shelltest.Cookie))
	require.Error(t, s.Run("doctor"))
	require.Regexp(t, `FAIL  version .* it sent AUTH, not HELO`, s.Printed())
	require.NotContains(t, s.Printed(), shelltest.Cookie[:6])
}

func TestDoctorExplainsEachFailure(t *testing.T) {
	noDisplay := func(c *codec.Conn, _ []codec.Word) {
		e := codec.Errorf(codec.NoDisplay, "nobody is logged in at the screen")
		_ = c.WriteWords(codec.ERR, e.Words()...)
	}
	for name, c := range map[string]struct {
		dial   client.Dial
		status int
		prints []string
	}{
		"it does not know us": {
			patients(
				t,
				nil,
				nil,
				&codec.Error{
					Code: codec.Unpaired,
					Text: "office-pc does not know this computer",
					Hint: `use "techsh pair" here`,
				},
			),
			shell.StatusConnect,
			[]string{
				`FAIL  rights .*  office-pc does not know this computer\n +use "techsh pair" here\n` +
					`doctor: connection: rights failed\n$`,
			},
		},
		"it is something else": {
			patients(t, nil, nil, codec.Errorf(codec.Draining, "")),
			shell.StatusConnect,
			[]string{`FAIL  version .*  connection: the server is going down\n`},
		},
		"we may nothing": {
			patients(t, shelltest.Answers{"PING": nil}, codec.Pairs{{Key: "may", Value: "none"}}, nil),
			shell.StatusFailed,
			[]string{
				`ok    version .*evil\\x1b\[31m`,
				`FAIL  rights .*  this computer has no rights on the remote\n +the remote can invite`,
			},
		},
		"no time": {
			patients(t, shelltest.Answers{"TIME": shelltest.Tells("noon\n")}, nil, nil),
			shell.StatusFailed,
			[]string{
				`ok    rights .*  1 verb\n`,
				`FAIL  clock .*  noon is not a time\n.*doctor: connection: clock failed\n$`,
			},
		},
		"no display is no failure, and a full disk is one": {
			patients(
				t,
				shelltest.Answers{"DISP": noDisplay, "DF": shelltest.Tells("/home ext4 1000000000 4096\n")},
				nil,
				nil,
			),
			shell.StatusFailed,
			[]string{
				`ok    clock .*  not offered by the remote\n`,
				`ok    display .*  none: nobody is logged in at the screen\n`,
				`FAIL  disk .*  4.0 KiB free of 954 MiB on /home\n +delete something`,
			},
		},
		"displays and a disk": {
			patients(
				t,
				shelltest.Answers{
					"DISP": shelltest.Tells("1 1920x1080 0,0 - primary=yes\n2 800x600 1920,0 -\n"),
					"DF":   shelltest.Tells("/ ext4 1073741824 536870912\n"),
				},
				nil,
				nil,
			),
			shell.StatusOK,
			[]string{
				`ok    display .*  1920x1080, 800x600\n`,
				`ok    disk .*  512 MiB free of 1.0 GiB on /\n$`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelltest.New(t, c.dial)
			status := s.Batch(t.Context(), shelltest.Line("doctor"))
			text := s.Printed()
			require.Equal(t, c.status, status, text)
			for _, line := range c.prints {
				require.Regexp(t, `(?s)`+line, text)
			}
		})
	}
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
		s := shelltest.NewDialect(t, name)
		require.NoError(t, s.Run("doctor"))
		require.Regexp(t, verdict, s.Printed(), "what it has no words for is no step")
	}
	s := shelltest.New(t, steps([]string{"address", "TCP"}, "dialect", errors.New("it does not answer")))
	s.Configure = func(sh *shell.Shell) { sh.Dialect = "auto" }
	require.Error(t, s.Run("doctor office-pc"))
	require.Regexp(
		t,
		`\nFAIL  dialect  +\S+ \S?s  it does not answer\n.*\ndoctor: office-pc: dialect failed\n$`,
		s.Printed(),
	)
}
