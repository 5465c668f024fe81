package programs_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"techsh/codec"
	"techsh/remote/programs"
	"techsh/remote/remotetest"
)

// The test binary plays a program: its arguments are a role and the words of the role.
func init() {
	roles := map[string]func(words []string) error{
		"console": reportConsole, "open": reportDocument, "live": live, "launch": launch, "job": reportJob,
	}
	if len(os.Args) < 2 || roles[os.Args[1]] == nil {
		return
	}
	if err := roles[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// report writes a file whole or not at all.
func report(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// reportConsole reports which of the standard streams are a console.
func reportConsole(words []string) error {
	var consoles []string
	for name, f := range map[string]*os.File{"stdin": os.Stdin, "stdout": os.Stdout, "stderr": os.Stderr} {
		var mode uint32
		if err := windows.GetConsoleMode(windows.Handle(f.Fd()), &mode); err != nil {
			consoles = append(consoles, fmt.Sprintf("%s: %v", name, err))
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	return report(words[0], strings.Join(append(consoles, dir, os.Getenv("COLOUR"), words[1]), "|"))
}

// reportDocument reports that a document was opened.
func reportDocument(words []string) error {
	return report(words[0]+".opened", strings.Join(words, "|"))
}

// live reports its pid, waits for a file "go", and then reports that it is alive.
func live([]string) error {
	if err := report("pid", fmt.Sprint(os.Getpid())); err != nil {
		return err
	}
	for range 600 {
		if _, err := os.Stat("go"); err == nil {
			return report("alive", "yes")
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// launch starts a program that lives on, with or without its own standard output, and
// ends when that program has begun.
func launch(words []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "live")
	if words[0] == "holding" {
		cmd.Stdout = os.Stdout
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for range 600 {
		if _, err := os.Stat("pid"); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(words) > 1 {
		return cmd.Wait()
	}
	fmt.Println("launched")
	return nil
}

// reportJob prints whether this process is in a job.
func reportJob([]string) error {
	in := uint32(0)
	ok, _, err := windows.NewLazySystemDLL("kernel32.dll").NewProc("IsProcessInJob").Call(
		uintptr(windows.CurrentProcess()), 0, uintptr(unsafe.Pointer(&in)),
	)
	if ok == 0 {
		return err
	}
	fmt.Println(in)
	return nil
}

// self returns the path of the test binary, as a word.
func self(t testing.TB) string {
	path, err := os.Executable()
	require.NoError(t, err)
	return codec.Quote(codec.Lit(path))
}

// hasEnded reports whether a process has ended.
func hasEnded(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return true
	}
	defer windows.CloseHandle(h)
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}

// waitFor waits for a report.
func waitFor(t testing.TB, path string) string {
	t.Helper()
	var b []byte
	remotetest.Eventually(t, path+" is not written", func() bool {
		b, _ = os.ReadFile(path)
		return len(b) > 0
	})
	return strings.TrimSpace(string(b))
}

func TestStartedProgramHasAConsoleOfItsOwn(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "sub/x", "")
	told := filepath.Join(h.Dir, "told")
	got := h.Client(t).OK(`RUN -d sub -e COLOUR=red ` + self(t) + ` console ` + codec.Quote(codec.Lit(told)) + ` "a b\"`)
	require.Equal(t, filepath.Join(h.Dir, "sub")+`|red|a b\`, waitFor(t, told))
	pid, ok := got.Pairs.Int("pid")
	require.True(t, ok && pid > 0, "%v", got.Pairs)
}

// associate makes the test binary the program that opens documents with an extension.
func associate(t testing.TB, extension string) {
	path, err := os.Executable()
	require.NoError(t, err)
	const classes, kind = `Software\Classes\`, "techsh.test"
	for _, set := range [][2]string{
		{classes + extension, kind},
		{classes + kind + `\shell\open\command`, `"` + path + `" open "%1"`},
	} {
		root := registry.LOCAL_MACHINE // wine does not see classes of the user
		key, _, err := registry.CreateKey(root, set[0], registry.SET_VALUE)
		if errors.Is(err, os.ErrPermission) {
			root = registry.CURRENT_USER
			key, _, err = registry.CreateKey(root, set[0], registry.SET_VALUE)
		}
		require.NoError(t, err)
		require.NoError(t, key.SetStringValue("", set[1]))
		require.NoError(t, key.Close())
		t.Cleanup(func() {
			for at := set[0]; len(at) > len(classes); at = filepath.Dir(at) {
				_ = registry.DeleteKey(root, at)
			}
		})
	}
}

func TestDocumentIsOpenedByItsProgram(t *testing.T) {
	associate(t, ".techshtest")
	h := remotetest.New(t, false)
	c := h.Client(t)
	for name, words := range map[string]string{
		"report.techshtest":        `.\report.techshtest`,
		"my report.techshtest":     `"my report.techshtest"`,
		"100%20 & (x).techshtest":  `"100%20 & (x).techshtest"`,
		"отчёт — 報告.techshtest":    `"отчёт — 報告.techshtest"`,
		"sub/report.techshtest":    `sub\report.techshtest`,
		"pattern/other.techshtest": `pattern\*.techshtest`,
	} {
		h.Write(t, name, "not a program")
		path := filepath.Join(h.Dir, filepath.FromSlash(name))
		got := c.OK("RUN " + words)
		require.Equal(t, path, waitFor(t, path+".opened"), words)
		opener, ok := got.Pairs.Get("opener")
		require.True(t, ok, "%v", got.Pairs)
		require.Contains(t, []string{filepath.Base(os.Args[0]), "Windows"}, opener)
	}
	_, e := c.Fails("RUN report.techshtest argument", codec.BadRequest)
	require.Contains(t, e.Text, "a document takes no arguments")
	_, e = c.Fails("RUN -e A=1 report.techshtest", codec.Unsupported)
	require.Contains(t, e.Text, "no variables")
}

func TestWhatCannotBeOpenedIsSaid(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "broken.exe", "MZ and nothing else")
	h.Write(t, "what.techshunknown", "nobody opens it")
	c := h.Client(t)
	for _, line := range []string{`EXEC .\broken.exe`, `RUN .\broken.exe`, `EXEC -t 80x24 .\broken.exe`} {
		_, e := c.Fails(line, codec.Unsupported)
		require.Equal(t, "not a program of this system", e.Text, line)
	}
	_, e := c.Fails(`RUN .\what.techshunknown`, codec.Unsupported)
	// Wine tries to run it.
	require.Contains(t, []string{"no program is set to open such files", "not a program of this system"}, e.Text)
}

// An installer or a launcher ends, and what it has started goes on.
func TestWhatAProgramLeavesRunningLivesOn(t *testing.T) {
	for _, how := range []string{"apart", "holding"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			h := remotetest.New(t, false)
			got := h.Client(t).OK("EXEC " + self(t) + " launch " + how)
			require.Equal(t, "launched\n", got.Data)
			if how == "holding" {
				note, _ := got.Pairs.Get("note")
				require.Contains(t, note, "still hold its output")
			}
			h.Write(t, "go", "now")
			require.Equal(t, "yes", waitFor(t, filepath.Join(h.Dir, "alive")))
		})
	}
}

func TestTimeoutEndsWhatAProgramHasStarted(t *testing.T) {
	for _, how := range []string{"apart", "holding"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			h := remotetest.New(t, false)
			h.Client(t).Fails("EXEC --timeout 5 "+self(t)+" launch "+how+" waiting", codec.Timeout)
			pid := 0
			_, err := fmt.Sscan(waitFor(t, filepath.Join(h.Dir, "pid")), &pid)
			require.NoError(t, err)
			remotetest.Eventually(t, "it still runs", func() bool { return hasEnded(pid) })
		})
	}
}

func TestProgramsRunInAJob(t *testing.T) {
	h := remotetest.New(t, false)
	for range 5 {
		require.Equal(t, "1\n", h.Client(t).OK("EXEC "+self(t)+" job").Data)
	}
}

// A program that cannot be put into a job could not be ended: it does not run.
func TestProgramWithoutAJobIsEnded(t *testing.T) {
	path, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(path, "job")
	require.NoError(t, cmd.Start())
	require.NoError(t, cmd.Process.Kill())
	_, err = cmd.Process.Wait()
	require.NoError(t, err)
	require.Error(t, programs.Adopt(cmd))
}

func TestProgramThatNeedsAnAdministratorHasAHint(t *testing.T) {
	err := programs.StartError(&os.PathError{Op: "fork/exec", Path: `C:\setup.exe`, Err: windows.ERROR_ELEVATION_REQUIRED})
	e := codec.Explain("setup.exe", err)
	require.Equal(t, codec.NotAllowed, e.Code)
	require.Equal(t, "setup.exe: it needs the rights of an administrator", e.Error())
	require.Equal(t, "start asks the person at the screen for them", e.Hint)
}
