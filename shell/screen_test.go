package shell

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/screen/termimage"
)

// pictured is one small picture, with those pairs.
func pictured(t *testing.T, pairs string) picture {
	t.Helper()
	return picture{pairs: pairs, pieces: [][]byte{pngOf(t, colorful(9, 6))}}
}

func TestDisplaysAreATable(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"DISP": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.DATA, []byte("1 3840x2160 0,0 DP-1 scale=1.5 primary=yes\n2 1280x1024 -1280,-200 \"the left one\"\n12 640x480 3840,0 -\n"))
		ok(c)
	}})
	require.NoError(t, s.does(t, "displays"))
	require.Equal(t, " 1  3840x2160   at 0,0          scale 1.5  primary  DP-1\n"+
		" 2  1280x1024   at -1280,-200   \"the left one\"\n"+
		"12  640x480     at 3840,0\n", output())
}

// Other options that are a number are not of displays.
func TestTabKnowsTheDisplays(t *testing.T) {
	s, _, _, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, _ []codec.Word) { ok(c) }, "DISP": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.DATA, []byte("1 800x600 0,0 -\n2 800x600 800,0 -\n"))
		ok(c)
	}})
	require.NoError(t, s.does(t, "ping"))
	require.Equal(t, []string{"1", "2", "all"}, s.complete(t.Context(), "shot -d ", 8).List)
	require.Equal(t, "shot -d all ", s.complete(t.Context(), "shot -d a", 9).Line)
	for _, line := range []string{"shot -n ", "find --size "} {
		require.NotContains(t, s.complete(t.Context(), line, len(line)).List, "all", line)
	}
}

func TestDisplaysOfAHostileServer(t *testing.T) {
	for _, line := range []string{"1 0x0 0,0 -", "1 99999999x1 0,0 -", "x", "1 800x600 0,0 - scale=1 scale=2", "-1 800x600 0,0 -"} {
		s, output, _, _ := hostile(t, answers{"DISP": func(c *codec.Conn, _ []codec.Word) {
			_ = c.Write(codec.DATA, []byte(line+"\n"))
			ok(c)
		}})
		require.Error(t, s.does(t, "displays"), line)
		require.NotContains(t, output(), "at 0,0", line)
	}
}

// What shot is told goes to the remote, less what is of this side.
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
		s, _, _, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, w []codec.Word) {
			for _, one := range w {
				words = append(words, codec.Quote(one))
			}
			ok(c)
		}})
		require.Error(t, s.does(t, line)) // no picture came
		require.Equal(t, want, strings.Join(words, " "), line)
	}
}

func TestShotIsToldWhatDoesNotGoTogether(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, _ []codec.Word) { t.Error("it was asked"); ok(c) }})
	for line, says := range map[string]string{
		"shot --format gif":                  "--format: png or jpeg",
		"shot --preview always":              "--preview: auto, never or only",
		"shot --preview only":                "pictures are drawn at a prompt",
		"shot -n 3":                          "go with --watch",
		"shot --changed":                     "go with --watch",
		"shot --watch 0 -n 1":                "0 is no time",
		"shot --watch -5s":                   "is no time",
		"shot --watch soon":                  "soon is no time",
		"shot --watch 5s -n 0":               "0 is no number of pictures",
		"shot --watch 5s -n many":            "many is no number of pictures",
		"shot --watch 5s -n 2 --open":        "one picture can be opened",
		"shot -o - --open":                   "no file to open",
		"shot --preview only -o x.png":       "--preview only",
		"shot --preview never --format png1": "--format",
		"shot -o d.gif":                      "-o d.gif: no picture of that kind is made here\n  name it .png or .jpg, or say --format\n",
		"shot -o x.BMP --watch 5s":           "-o x.BMP: no picture of that kind",
	} {
		err := s.does(t, line)
		require.Error(t, err, line)
		require.Contains(t, output(), says, line)
		_, misused := errors.AsType[*misuse](err)
		require.True(t, misused, line)
	}
}

// What would take a gibibyte to be looked at is a file all the same.
func TestAPictureThatIsTooLargeIsNotDrawn(t *testing.T) {
	s, _, _, _ := hostile(t, nil)
	for width, large := range map[uint32]bool{4096: false, 4097: true} {
		a := s.album(t.Context(), shotWishes{format: "png", draws: drawOnly}, &termimage.Preview{})
		require.NoError(t, a.header.Add(pngHead(width, 4096, 8, 2)))
		err := a.draw()
		require.Error(t, err)
		require.Equal(t, large, isCode(err, codec.TooBig), "%v", err)
		if large {
			require.Equal(t, "4097x4096 is too large for a terminal", err.Error())
			require.Equal(t, "--scale makes it smaller", hintOf(err))
		}
	}
}

func TestPicturesAreCalled(t *testing.T) {
	own := `evil_[0-9]{8}-[0-9]{6}_`
	for name, test := range map[string]struct {
		line     string
		pictures []picture
		prints   string // a pattern
		there    []string
	}{
		"by host, time and display": {"shot", []picture{pictured(t, "display=2 at=0,0 size=9x6")}, own + `d2\.png\n`, nil},
		"of all displays":           {"shot -d all", []picture{pictured(t, "display=all")}, own + `all\.png\n`, nil},
		"what they are":             {"shot --format jpeg", []picture{{pieces: [][]byte{jpegOf(t, colorful(9, 6))}}}, own + `d1\.jpg\n`, nil},
		"nothing that the remote says": {
			"shot", []picture{{line: "f 0777 - - ../../evil.sh display=../x", pieces: pictured(t, "").pieces}}, own + `d1\.png\n`, nil,
		},
		"as is wanted":        {"shot -o desk.png", []picture{pictured(t, "")}, `desk\.png\n`, []string{"desk.png"}},
		"in a folder":         {"shot -o sub", []picture{pictured(t, "")}, `sub/` + own + `d1\.png\n`, nil},
		"apart in one second": {"shot --watch 0.1 -n 2", []picture{pictured(t, ""), pictured(t, "changed=none")}, own + `d1(-2)?\.png\n` + own + `d1(-2)?\.png  unchanged\n`, nil},
		"by number, with what changed": {
			"shot --watch 0.1 -n 3 -o desk.png",
			[]picture{pictured(t, ""), pictured(t, "changed=-10,20,300x200"), pictured(t, `e"changed=\x1b[2J"`)},
			`desk-001\.png\ndesk-002\.png  changed 300x200 at -10,20\ndesk-003\.png  changed\n`,
			[]string{"desk-001.png", "desk-002.png", "desk-003.png"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, output, local, around := hostile(t, answers{"SHOT": shows(test.pictures...)})
			require.NoError(t, os.Mkdir(filepath.Join(local, "sub"), 0o755))
			require.NoError(t, s.does(t, test.line))
			printed := output()
			require.Regexp(t, "^"+test.prints+"$", printed)
			there := test.there
			if there == nil {
				there = regexp.MustCompile(`\S*evil_\S+`).FindAllString(printed, -1)
			}
			there = append(there, "sub/")
			require.ElementsMatch(t, there, everything(t, local))
			for _, name := range there {
				if !strings.HasSuffix(name, "/") {
					b, err := os.ReadFile(filepath.Join(local, name))
					require.NoError(t, err)
					require.Equal(t, test.pictures[0].pieces[0], b)
				}
			}
			for _, name := range everything(t, around) {
				require.True(t, strings.HasPrefix(name, "in/"), name)
			}
		})
	}
}

// A picture that shows nothing says so, with the reason, also in a script.
func TestAPictureOfNothingSaysSo(t *testing.T) {
	for says, pairs := range map[string]codec.Pairs{
		"shot: all of the picture, or nearly, is black\n": {{Key: "uniform", Value: "#000000"}},
		"is white\n":                         {{Key: "uniform", Value: "#ffffff"}},
		"is #2e5e4e: the screen is locked\n": {{Key: "uniform", Value: "#2e5e4e"}, {Key: "reason", Value: "the screen is locked"}},
		`is \x1b[2J: \x1b]0;x\x07`:           {{Key: "uniform", Value: "\x1b[2J"}, {Key: "reason", Value: "\x1b]0;x\a"}},
	} {
		p := pictured(t, "")
		e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: codec.Unknown, Name: "shot.png", More: pairs}
		p.line = e.String()
		s, output, _, _ := hostile(t, answers{"SHOT": shows(p)})
		require.NoError(t, s.does(t, "shot -o x.png"))
		printed := output()
		require.Contains(t, printed, says)
		require.NotContains(t, printed, "\x1b")
	}
}

func TestAPictureGoesToStandardOutput(t *testing.T) {
	p := pictured(t, "uniform=#000000")
	s, output, local, _ := hostile(t, answers{"SHOT": shows(p)})
	require.NoError(t, s.does(t, "shot -o -"))
	require.Equal(t, string(p.pieces[0])+"shot: all of the picture, or nearly, is black\n", output())
	require.Empty(t, everything(t, local))

	s, output, _, _ = hostile(t, answers{"SHOT": shows(p)})
	s.Out.Terminal = true
	require.Error(t, s.does(t, "shot -o -"))
	require.Equal(t, "shot: -o -: standard output is a terminal\n", output())
}

// An interrupting writer is one at which somebody presses Ctrl-C when
// something is printed.
type interrupting struct {
	io.Writer
	interrupts chan<- os.Signal
}

func (w interrupting) Write(b []byte) (int, error) {
	w.interrupts <- os.Interrupt
	return w.Writer.Write(b)
}

// Ctrl-C ends a watch: what has come stays, and it is 130 in a script.
func TestCtrlCEndsAWatch(t *testing.T) {
	first := pictured(t, "display=1")
	stopped := make(chan struct{})
	s, output, local, _ := hostile(t, answers{
		"SHOT": func(c *codec.Conn, _ []codec.Word) {
			_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
			_ = c.Write(codec.DATA, first.pieces[0])
			_ = c.Write(codec.SUM, []byte(sumOf(first.pieces[0])+"\n"))
			_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
			_ = c.Write(codec.DATA, first.pieces[0][:10])
		},
		"STOP": func(c *codec.Conn, _ []codec.Word) {
			_ = c.WriteWords(codec.ERR, codec.Bare("cancelled"), codec.Bare("cancelled"))
			close(stopped)
		},
	})
	interrupts := make(chan os.Signal, 2)
	s.Interrupts = interrupts
	s.printed.w = interrupting{s.printed.w, interrupts}
	err := s.does(t, "shot --watch 0.1 -o desk.png")
	require.ErrorIs(t, err, errInterrupted)
	require.Equal(t, StatusInterrupted, s.status(err))
	<-stopped
	require.Contains(t, output(), "desk-001.png\n")
	require.Equal(t, []string{"desk-001.png"}, everything(t, local), "and no part of the second")
	require.NoError(t, s.does(t, "ping"))
}

// A watch that the remote ends with an error keeps what has come.
func TestAWatchThatFailsKeepsItsPictures(t *testing.T) {
	s, output, local, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
		seen := pngOf(t, colorful(9, 9))
		_ = c.Write(codec.DATA, seen)
		_ = c.Write(codec.SUM, []byte(sumOf(seen)+"\n"))
		_ = c.WriteWords(codec.ERR, codec.Bare("no-display"), codec.Lit("the display went away"))
	}})
	require.Error(t, s.does(t, "shot --watch 1s -o desk.png"))
	require.Equal(t, "desk-001.png\nshot: the display went away\n", output())
	require.Equal(t, []string{"desk-001.png"}, everything(t, local))
}

// A picture that breaks off tells the remote's reason, and not that it is no
// picture.
func TestAPictureThatIsNotSentWholeTellsWhy(t *testing.T) {
	s, output, local, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.FILE, []byte("f 0600 - - shot.png\n"))
		_ = c.Write(codec.SUM, []byte("error=too-big\n"))
		_ = c.WriteWords(codec.ERR, codec.Bare("too-big"), codec.Lit("a picture of more than 67108864 bytes"))
	}})
	require.Error(t, s.does(t, "shot"))
	require.Equal(t, "shot: a picture of more than 67108864 bytes\n", output())
	require.Empty(t, everything(t, local))
}

func TestViewerOfEachSystem(t *testing.T) {
	require.Equal(t, []string{"xdg-open", "/tmp/a b.png"}, viewer("linux", "/tmp/a b.png"))
	require.Equal(t, []string{"xdg-open", "/tmp/a.png"}, viewer("freebsd", "/tmp/a.png"))
	require.Equal(t, []string{"open", "/tmp/a.png"}, viewer("darwin", "/tmp/a.png"))
	require.Equal(t, []string{"rundll32", "url.dll,FileProtocolHandler", `C:\a b.png`}, viewer("windows", `C:\a b.png`))
}
