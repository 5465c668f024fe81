package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"techshd": main})
}

// patience is how long a test waits for something that must happen: much longer than it
// takes on the slowest machine.
const patience = 60 * time.Second

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/daemon",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("USERPROFILE", e.WorkDir)
			config := filepath.Join(e.WorkDir, "config")
			e.Setenv("XDG_CONFIG_HOME", config)
			e.Setenv("AppData", config)
			e.Setenv("LocalAppData", config)
			if runtime.GOOS == "darwin" { // macOS has only one such folder
				if err := os.MkdirAll(filepath.Join(e.WorkDir, "Library/Application Support"), 0o700); err != nil {
					return err
				}
				if err := os.Symlink(filepath.Join(e.WorkDir, "Library/Application Support"), config); err != nil {
					return err
				}
			}
			r := &running{}
			e.Values[running{}] = r
			e.Defer(func() {
				if r.cmd != nil { // still running: the script has failed
					_ = r.cmd.Process.Kill()
					_ = r.cmd.Wait()
				}
			})
			return os.MkdirAll(filepath.Join(config, "techsh"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": startDaemon, "finish": finishDaemon, "stderrs": stderrs, "status": status,
			"private": private, "befriend": befriend, "calls": calls, "plain": plainStarted,
		},
	})
}

// A running is a techshd that a script has started.
type running struct{ cmd *exec.Cmd }

// startDaemon starts techshd with the options args. Its output goes to hd.out and hd.log.
// It sets ADDR, GROUPS and ID and, if there is a pairing code, WORDS, LINE and TOKEN.
func startDaemon(ts *testscript.TestScript, neg bool, args []string) {
	out, err := os.Create(ts.MkAbs("hd.out"))
	ts.Check(err)
	defer out.Close()
	log, err := os.Create(ts.MkAbs("hd.log"))
	ts.Check(err)
	defer log.Close()
	path, err := exec.LookPath("techshd")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, log
	for _, name := range []string{
		"HOME",
		"XDG_CONFIG_HOME",
		"USERPROFILE",
		"AppData", "LocalAppData",
		"PATH",
		"SystemRoot",
		"TMPDIR",
	} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	ts.Value(running{}).(*running).cmd = cmd
	awaited(ts, "hd.log", `(?m)^audit    .*\n`)
	text := ts.ReadFile("hd.out")
	for name, pattern := range map[string]string{
		"ADDR": `(?m)^address  (.*)$`, "GROUPS": `(?m)^id       (.*)$`, "WORDS": `(?m)^words    (.*)$`,
		"LINE": `(?m)^line     (.*)$`, "TOKEN": `(?m)^line     .*/(.*)$`,
	} {
		value := ""
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			value = m[1]
		}
		ts.Setenv(name, value)
	}
	ts.Setenv("ID", strings.ReplaceAll(ts.Getenv("GROUPS"), "-", ""))
}

// awaited waits until a file matches a pattern.
func awaited(ts *testscript.TestScript, file, pattern string) {
	re := regexp.MustCompile(pattern)
	var text []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, _ = os.ReadFile(ts.MkAbs(file))
		if re.Match(text) {
			return
		}
	}
	ts.Fatalf("%s does not come to match %s:\n%s", file, pattern, text)
}

// finishDaemon ends techshd with a signal, and waits for its end.
func finishDaemon(ts *testscript.TestScript, neg bool, args []string) {
	r := ts.Value(running{}).(*running)
	ts.Check(r.cmd.Process.Signal(os.Interrupt))
	ts.Check(r.cmd.Wait())
	r.cmd = nil
}

// stderrs waits until the console log of techshd matches a pattern.
func stderrs(ts *testscript.TestScript, neg bool, args []string) {
	if !neg {
		awaited(ts, "hd.log", "(?m)"+args[0])
	} else if regexp.MustCompile("(?m)" + args[0]).MatchString(ts.ReadFile("hd.log")) {
		ts.Fatalf("hd.log matches %s:\n%s", args[0], ts.ReadFile("hd.log"))
	}
}

// status implements status N COMMAND…, which runs a command that must exit with status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("status %d, not %s", got, args[0])
	}
}

// private checks that only their user can access files.
func private(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		fi, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if fi.Mode() != 0o600 {
			ts.Fatalf("%s has the mode %v", file, fi.Mode())
		}
	}
}

// befriend implements befriend NAME can=RIGHTS, which makes an identity for a technician
// and adds it to the peers.
func befriend(ts *testscript.TestScript, neg bool, args []string) {
	can, err := trust.ParseRights(strings.TrimPrefix(args[1], "can="))
	ts.Check(err)
	identity := identityOf(ts, args[0])
	folder, err := trust.Open(ts.MkAbs("config/techsh"))
	ts.Check(err)
	_, err = folder.AddPeer(trust.Peer{ID: identity.ID, Name: args[0], Can: can})
	ts.Check(err)
}

func identityOf(ts *testscript.TestScript, name string) *trust.Identity {
	folder, err := trust.Open(ts.MkAbs(name))
	ts.Check(err)
	identity, err := folder.Identity()
	ts.Check(err)
	return identity
}

// calls implements calls NAME LINE…, which makes calls as a technician. Standard output
// is that of programs and the contents of files; standard error has the failures, the
// last of which is that of the command.
func calls(ts *testscript.TestScript, neg bool, args []string) {
	out, err := callAll(ts.Getenv("ADDR"), trust.ID(ts.Getenv("ID")), identityOf(ts, args[0]), args[1:])
	fmt.Fprint(ts.Stdout(), out)
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	if neg != (err != nil) && (neg || len(args) == 2) {
		ts.Fatalf("the call ends with: %v", err)
	}
}

func callAll(addr string, server trust.ID, self *trust.Identity, lines []string) (out string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := (&tls.Dialer{Config: self.Client(server)}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	l, _, err := link.Open(ctx, conn, link.Opening{})
	if err != nil {
		return "", err
	}
	defer l.Close()
	for _, line := range lines {
		words, serr := codec.Split(line)
		if serr != nil {
			return out, serr
		}
		r := link.Request{Verb: codec.MakeVerb(strings.ToUpper(words[0].Text)), Words: words[1:]}
		r.Recv = func(f codec.Frame) error {
			if f.Verb == codec.DATA {
				out += string(f.Body)
			}
			return nil
		}
		if _, cerr := l.Do(ctx, r); cerr != nil {
			err = cerr
		}
	}
	return out, err
}

// plainStarted waits until techshd --plain has written its two lines to a file.
func plainStarted(ts *testscript.TestScript, neg bool, args []string) {
	awaited(ts, args[0], `^127\.0\.0\.1:[0-9]+\nauth [a-z2-7]{26}\n$`)
}
