package programs_test

import (
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/programs"
)

// Windows runs batch files with cmd.exe, which does not parse arguments by the rules by
// which they were quoted (CVE-2024-24576).
func TestBatchFilesAreKnownHoweverTheyAreSpelt(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\a\x.bat`: true, `C:\a\x.cmd`: true, `x.BAT`: true, `x.CmD`: true, `C:/a/x.bat`: true,
		`x.bat.`: true, `x.bat. . .`: true, `x.cmd `: true, `x.bat...`: true,
		`x.bat::$DATA`: true, `x.bat:stream`: true, `C:x.bat`: true, `x.exe:y.bat`: true,
		`C:x.exe`: false, `x.bat .:a`: true, `a b.bat`: true, `.bat`: true,
		`C:\a.bat\x.exe`: false, `x.exe`: false, `x.bat.exe`: false, `bat`: false, `x.cmdx`: false,
		`C:\x.bat\`: false, ``: false, `x.bat.txt`: false,
	} {
		require.Equal(t, want, programs.IsBatch(path), path)
	}
}

// cmd.exe /s removes the first and the last quote and leaves the rest unchanged.
func TestLineForCmdIsLeftAsItIs(t *testing.T) {
	for _, line := range []string{`dir "C:\Program Files" & echo %PATH% ^& "`, `""`, ``, `echo "a" "b"`} {
		require.Equal(t, `cmd.exe /d /s /c "`+line+`"`, programs.CommandLine(line))
	}
}

func TestShellsAreFoundByTheirNames(t *testing.T) {
	const list = "# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/zsh \n\n/bin/bash\n/usr/bin/bash\n" +
		"relative/fish\n#/bin/ksh\n/usr/bin/tmux\n/usr/bin/screen\n/opt/fish"
	for name, want := range map[string]string{
		"bash":          "/bin/bash",
		"zsh":           "/usr/bin/zsh",
		"fish":          "/opt/fish",
		"/usr/bin/bash": "/usr/bin/bash",
		"/opt/fish":     "/opt/fish",
	} {
		path, err := programs.FindShell(list, name)
		require.NoError(t, err)
		require.Equal(t, want, path)
	}
	for _, name := range []string{
		"ksh",
		"",
		"/bin/ksh",
		"/usr/bin/zsh ",
		"relative/fish",
		"tmux",
		"/usr/bin/tmux",
		"screen",
		"..",
		"bin",
		"cmd",
	} {
		_, err := programs.FindShell(list, name)
		require.ErrorIs(t, err, &codec.Error{Code: codec.NotFound}, name)
		require.Equal(t, "there are: bash fish sh zsh", codec.Explain("", err).Hint)
	}
}

func TestErrorsOfProgramsThatDoNotStart(t *testing.T) {
	for errno, code := range map[syscall.Errno]codec.Code{
		syscall.EAGAIN: codec.Busy, syscall.ENOMEM: codec.Busy, syscall.EMFILE: codec.Busy,
		syscall.ENFILE: codec.Busy, syscall.ENOSPC: codec.Busy,
		syscall.ETXTBSY: codec.Busy, syscall.E2BIG: codec.TooBig, syscall.ENOEXEC: codec.Unsupported,
		syscall.ENOENT: codec.NotFound,
	} {
		err := programs.StartError(&fs.PathError{Op: "fork/exec", Path: "x", Err: os.NewSyscallError("fork", errno)})
		require.Equal(t, code, codec.Explain("x", err).Code, errno.Error())
	}
}
