package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
)

func screenRows() []row {
	return []row{
		{names: []string{"displays"}, line: "the displays there: number, size, place", verb: "DISP", run: displays, examples: []string{"displays"}},
		{
			names: []string{"shot", "screenshot"}, synopsis: "[-d N] [-o FILE]", line: "fetches a picture of a display, as PNG, and prints its name", kinds: []kind{anything}, verb: "SHOT", run: shot,
			options: []codec.Option{
				{Short: 'd', Arg: "N", Line: "that display; 1 is the primary one"},
				{Short: 'o', Arg: "FILE", Line: "under that name; else HOST_YYYYMMDD-HHMMSS_dN.png"},
			},
			examples: []string{"shot", "shot -d 2 -o desk.png"},
		},
	}
}

func displays(ctx context.Context, s *Shell, _ invocation) error {
	text, err := s.text(ctx, "DISP")
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		d, err := codec.ParseDisplay(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return err
		}
		b := d.Bounds
		fmt.Fprintf(s.out, "%d  %4dx%-4d at %d,%d", d.Number, b.Dx(), b.Dy(), b.Min.X, b.Min.Y)
		if d.Name != "" {
			fmt.Fprintf(s.out, "  %s", s.shown(d.Name))
		}
		if primary, _ := d.More.Get("primary"); primary == "yes" {
			fmt.Fprint(s.out, "  primary")
		}
		fmt.Fprintln(s.out)
	}
	return nil
}

func shot(ctx context.Context, s *Shell, in invocation) error {
	var words []codec.Word
	if d, ok := in.Value("d"); ok {
		words = []codec.Word{codec.Bare("-d"), codec.Lit(d)}
	}
	var failed error
	path := ""
	p := s.progress()
	rec := transfer.Receiver{
		Progress: p.add,
		Choose: func(e codec.Entry) (transfer.Target, error) {
			if path != "" {
				return transfer.Target{}, codec.Errorf(codec.BadRequest, "a second picture came")
			}
			p.file(e)
			var err error
			if path, err = s.pictureName(in, e); err != nil {
				return transfer.Target{}, err
			}
			folder, name := filepath.Split(localPath(s.Dir, path))
			dir, err := os.OpenRoot(folder)
			return transfer.Target{Dir: dir, Name: name, Key: "shot"}, err
		},
		Failed: func(_ string, err error) { failed = about(path, err) },
	}
	defer rec.Close()
	_, err := s.call(ctx, "SHOT", words, rec.Take)
	p.end()
	switch {
	case err != nil:
		return err
	case failed != nil:
		return failed
	case rec.Files == 0:
		return codec.Errorf(codec.BadFrame, "no picture came")
	}
	fmt.Fprintln(s.out, s.shown(path))
	return nil
}

// pictureName returns where a picture goes: what -o says, or a name of its
// own that nothing has yet.
func (s *Shell) pictureName(in invocation, e codec.Entry) (string, error) {
	if o, ok := in.Value("o"); ok {
		if fi, err := os.Stat(localPath(s.Dir, o)); err != nil || !fi.IsDir() {
			return o, nil
		}
		return "", about(o, codec.Errorf(codec.IsDirectory, ""))
	}
	number, ok := e.More.Int("display")
	if !ok {
		number = 1
	}
	base := fmt.Sprintf("%s_%s_d%d", fileSafe(s.conn.hello.Host), time.Now().Format("20060102-150405"), number)
	for n := 1; n < 1000; n++ {
		name := base + ".png"
		if n > 1 {
			name = fmt.Sprintf("%s-%d.png", base, n)
		}
		if _, err := os.Lstat(filepath.Join(s.Dir, name)); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
	}
	return "", about(base+".png", codec.Errorf(codec.Exists, ""))
}

// fileSafe makes what the remote calls itself usable in a file name.
func fileSafe(host string) string {
	safe := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)) {
			return r
		}
		return '-'
	}, host)
	safe = strings.TrimLeft(safe, ".-")
	if safe == "" {
		return "remote"
	}
	return safe[:min(len(safe), 64)]
}
