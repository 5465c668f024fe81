package screen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/console"
	"techsh/shell/screen"
	"techsh/shell/shelltest"
)

func TestDisplaysAreATable(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DISP": shelltest.Tells(
		"1 3840x2160 0,0 DP-1 scale=1.5 primary=yes\n2 1280x1024 -1280,-200 \"the left one\"\n12 640x480 3840,0 -\n",
	)})
	require.Equal(t, " 1  3840x2160   at 0,0          scale 1.5  primary  DP-1\n"+
		" 2  1280x1024   at -1280,-200   \"the left one\"\n"+
		"12  640x480     at 3840,0\n", s.Says("displays"))
}

func TestDisplaysOfAHostileServer(t *testing.T) {
	for _, line := range []string{
		"1 0x0 0,0 -",
		"1 99999999x1 0,0 -",
		"x",
		"1 800x600 0,0 - scale=1 scale=2",
		"-1 800x600 0,0 -",
	} {
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"DISP": shelltest.Tells(line + "\n")})
		require.Error(t, s.Run("displays"), line)
		require.NotContains(t, s.Printed(), "at 0,0", line)
	}
}

// Options that concern only the local side are not sent.
func TestShotPassesItsOptionsOn(t *testing.T) {
	for line, want := range map[string]string{
		"shot":                                  "",
		"shot -d 2":                             "-d 2",
		"shot -d all -r 10,20,300x200":          "-d all -r 10,20,300x200",
		"shot --format jpeg --quality 50":       "--quality 50 --format jpeg",
		"shot -o x.JPG":                         "--format jpeg",
		"shot -o x.jpg --format png":            "--format png",
		"shot -o x.gif --format png":            "--format png",
		"shot -o x.v2":                          "",
		"shot --scale 0.5 --preview never":      "--scale 0.5",
		"shot --watch 1m --changed -n 3":        "--watch 60 --changed -n 3",
		"shot --watch 250ms -n 1":               "--watch 0.25 -n 1",
		"shot --watch 2 -n 1":                   "--watch 2 -n 1",
		`shot -d "-1"`:                          `-d "-1"`,
		"shot -r -1,0,5x5 -d 99999999999999999": "-d 99999999999999999 -r \"-1,0,5x5\"",
	} {
		var words []string
		s := newSession(t, func(c *codec.Conn, w []codec.Word) {
			for _, one := range w {
				words = append(words, codec.Quote(one))
			}
			shelltest.OK(c)
		})
		require.Error(t, s.Run(line)) // the server sends no picture
		require.Equal(t, want, strings.Join(words, " "), line)
	}
}

func TestOptionsOfShotThatExcludeEachOther(t *testing.T) {
	s := newSession(t, func(c *codec.Conn, _ []codec.Word) {
		t.Error("no picture may be requested")
		shelltest.OK(c)
	})
	for line, says := range map[string]string{
		"shot --format gif":                  "--format: png or jpeg",
		"shot --preview always":              "--preview: auto, never or only",
		"shot --preview only":                "pictures are drawn only at a prompt",
		"shot -n 3":                          "need --watch",
		"shot --changed":                     "need --watch",
		"shot --watch 0 -n 1":                "0 is not a duration",
		"shot --watch -5s":                   "is not a duration",
		"shot --watch soon":                  "soon is not a duration",
		"shot --watch 5s -n 0":               "0 is not a number of pictures",
		"shot --watch 5s -n many":            "many is not a number of pictures",
		"shot --watch 5s -n 2 --open":        "only a single picture can be opened",
		"shot -o - --open":                   "no file for --open",
		"shot --preview only -o x.png":       "--preview only",
		"shot --preview never --format png1": "--format",
		"shot -o x.BMP --watch 5s":           "-o x.BMP: pictures of this format are not supported",
		"shot -o d.gif": "-o d.gif: pictures of this format are not supported\n" +
			"  name it .png or .jpg, or use --format\n",
	} {
		var usage *console.UsageError
		require.ErrorAs(t, s.Run(line), &usage, line)
		require.Contains(t, s.Printed(), says, line)
	}
}

func TestPicturesHaveNames(t *testing.T) {
	const own = `evil_[0-9]{8}-[0-9]{6}_`
	plain := smallPicture(t, "")
	for name, c := range map[string]struct {
		line     string
		pictures []picture
		prints   string   // a regular expression
		files    []string // nil means the printed paths
	}{
		"host, time and display": {
			"shot", []picture{smallPicture(t, "display=2 at=0,0 size=9x6")}, own + `d2\.png\n`, nil,
		},
		"all displays": {
			"shot -d all", []picture{smallPicture(t, "display=all")}, own + `all\.png\n`, nil,
		},
		"the format": {
			"shot --format jpeg", []picture{{pieces: [][]byte{jpegOf(t, colorful(9, 6))}}}, own + `d1\.jpg\n`, nil,
		},
		"nothing that the remote says": {
			"shot",
			[]picture{{line: "f 0777 - - ../../evil.sh display=../x", pieces: plain.pieces}},
			own + `d1\.png\n`,
			nil,
		},
		"the name of -o": {
			"shot -o desk.png", []picture{plain}, `desk\.png\n`, []string{"desk.png"},
		},
		"in a folder": {
			"shot -o sub", []picture{plain}, `sub/` + own + `d1\.png\n`, nil,
		},
		"two in one second": {
			"shot --watch 0.1 -n 2",
			[]picture{plain, smallPicture(t, "changed=none")},
			own + `d1(-2)?\.png\n` + own + `d1(-2)?\.png  unchanged\n`,
			nil,
		},
		"numbers, with what changed": {
			"shot --watch 0.1 -n 3 -o desk.png",
			[]picture{plain, smallPicture(t, "changed=-10,20,300x200"), smallPicture(t, `e"changed=\x1b[2J"`)},
			`desk-001\.png\ndesk-002\.png  changed 300x200 at -10,20\ndesk-003\.png  changed\n`,
			[]string{"desk-001.png", "desk-002.png", "desk-003.png"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, around := shelltest.NewHostile(t, shelltest.Answers{"SHOT": sends(c.pictures...)})
			require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "sub"), 0o755))
			s.Does(c.line)
			printed := s.Printed()
			require.Regexp(t, "^"+c.prints+"$", printed)
			files := c.files
			if files == nil {
				files = regexp.MustCompile(`\S*evil_\S+`).FindAllString(printed, -1)
			}
			for _, file := range files {
				b, err := os.ReadFile(filepath.Join(s.Dir, file))
				require.NoError(t, err)
				require.Equal(t, c.pictures[0].pieces[0], b)
			}
			require.ElementsMatch(t, append(files, "sub/"), shelltest.Everything(t, s.Dir))
			for _, file := range shelltest.Everything(t, around) {
				require.True(t, strings.HasPrefix(file, "in/"), file)
			}
		})
	}
}

// shot reports a picture that shows nothing, with the reason, even in a script.
func TestAPictureOfNothingSaysSo(t *testing.T) {
	for says, pairs := range map[string]codec.Pairs{
		"shot: all or nearly all of the picture is black\n": {{Key: "uniform", Value: "#000000"}},
		"is white\n": {{Key: "uniform", Value: "#ffffff"}},
		"is #2e5e4e: the screen is locked\n": {
			{Key: "uniform", Value: "#2e5e4e"},
			{Key: "reason", Value: "the screen is locked"},
		},
		`is \x1b[2J: \x1b]0;x\x07`: {
			{Key: "uniform", Value: "\x1b[2J"},
			{Key: "reason", Value: "\x1b]0;x\a"},
		},
	} {
		e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: codec.Unknown, Name: "shot.png", More: pairs}
		p := smallPicture(t, "")
		p.line = e.String()
		printed := newSession(t, sends(p)).Says("shot -o x.png")
		require.Contains(t, printed, says)
		require.NotContains(t, printed, "\x1b")
	}
}

func TestAPictureGoesToStandardOutput(t *testing.T) {
	p := smallPicture(t, "uniform=#000000")
	s := newSession(t, sends(p))
	require.Equal(t,
		string(p.pieces[0])+"shot: all or nearly all of the picture is black\n",
		s.Says("shot -o -"))
	require.Empty(t, shelltest.Everything(t, s.Dir))
	s.Terminals(true, false)
	require.Equal(t, "shot: -o -: standard output is a terminal\n", s.Says("shot -o -"))
}

// Ctrl-C keeps the pictures that have been received.
func TestCtrlCEndsAWatch(t *testing.T) {
	first := smallPicture(t, "display=1")
	var s *shelltest.Session
	stopped := make(chan struct{})
	s, _ = shelltest.NewHostile(t, shelltest.Answers{
		"SHOT": func(c *codec.Conn, _ []codec.Word) {
			first.send(c)
			_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
			_ = c.Write(codec.DATA, first.pieces[0][:10])
			_ = c.Flush()
			for end := time.Now().Add(shelltest.Timeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
				if _, err := os.Lstat(filepath.Join(s.Dir, "desk-001.png")); err == nil {
					break
				}
			}
			s.Interrupt()
		},
		"STOP": func(c *codec.Conn, _ []codec.Word) {
			_ = c.WriteWords(codec.ERR, codec.Bare("cancelled"), codec.Bare("cancelled"))
			close(stopped)
		},
	})
	require.ErrorIs(t, s.Run("shot --watch 0.1 -o desk.png"), console.ErrInterrupted)
	<-stopped
	require.Contains(t, s.Printed(), "desk-001.png\n")
	require.Equal(t, []string{"desk-001.png"}, shelltest.Everything(t, s.Dir), "and no part of the second")
	s.Does("ping")
}

func TestAWatchThatFailsKeepsItsPictures(t *testing.T) {
	p := smallPicture(t, "")
	s := newSession(t, func(c *codec.Conn, _ []codec.Word) {
		p.send(c)
		_ = c.WriteWords(codec.ERR, codec.Bare("no-display"), codec.Lit("the display went away"))
	})
	require.Equal(t, "desk-001.png\nshot: the display went away\n", s.Says("shot --watch 1s -o desk.png"))
	require.Equal(t, []string{"desk-001.png"}, shelltest.Everything(t, s.Dir))
}

// shot reports the reason of the remote, not that half a picture is invalid.
func TestAPictureThatIsIncompleteTellsWhy(t *testing.T) {
	const reason = "a picture of more than 67108864 bytes"
	s := newSession(t, func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
		_ = c.Write(codec.SUM, []byte("error=too-big\n"))
		_ = c.WriteWords(codec.ERR, codec.Bare("too-big"), codec.Lit(reason))
	})
	require.Equal(t, fmt.Sprintf("shot: %s\n", reason), s.Says("shot"))
	require.Empty(t, shelltest.Everything(t, s.Dir))
}

func TestTheViewerOfEachSystem(t *testing.T) {
	require.Equal(t, []string{"xdg-open", "/tmp/a b.png"}, screen.ViewerCommand("linux", "/tmp/a b.png"))
	require.Equal(t, []string{"xdg-open", "/tmp/a.png"}, screen.ViewerCommand("freebsd", "/tmp/a.png"))
	require.Equal(t, []string{"open", "/tmp/a.png"}, screen.ViewerCommand("darwin", "/tmp/a.png"))
	require.Equal(t,
		[]string{"rundll32", "url.dll,FileProtocolHandler", `C:\a b.png`},
		screen.ViewerCommand("windows", `C:\a b.png`))
}
