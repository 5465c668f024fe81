package screen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

func runShot(ctx context.Context, env *command.Env, in command.Invocation) error {
	options, err := newShotOptions(env, in)
	if err == nil {
		err = options.checkFree(env)
	}
	if err != nil {
		return err
	}
	var preview *termimage.Preview
	if options.wantsPreview(env) {
		if preview, err = newPreview(ctx, env); err != nil {
			return err
		}
	}
	r := newShotReceiver(ctx, env, options, preview)
	defer r.receiver.Close()
	_, err = env.Conn.Do(ctx, link.Request{
		Verb:  codec.MakeVerb("SHOT"),
		Words: options.words,
		Recv:  r.takeFrame,
	})
	r.progress.End()
	switch {
	case err != nil:
		return err
	case r.receiver.Files == 0:
		return codec.Errorf(codec.BadFrame, "no picture came")
	case in.Has("open"):
		return openViewer(ctx, env, env.Local.Path(r.path))
	}
	return nil
}

// The values of --preview.
const (
	previewAuto  = "auto"
	previewNever = "never"
	previewOnly  = "only"
)

// shotOptions are the options of one run of the command "shot".
type shotOptions struct {
	words       []codec.Word  // words of the call of SHOT
	out         string        // a file, a folder, "-" for standard output, or "" for a generated name
	format      string        // png or jpeg
	previewMode string        // previewAuto, previewNever or previewOnly
	interval    time.Duration // time between pictures; 0 means a single picture
	count       int           // number of pictures; 0 means no limit
	force       bool          // replace existing files
}

// newShotOptions parses the options of the command "shot" and returns usage errors.
// Values that only the remote can check are passed on unchanged.
func newShotOptions(env *command.Env, in command.Invocation) (o shotOptions, err error) {
	o = shotOptions{format: "png", previewMode: previewAuto}
	for _, key := range []string{"d", "r", "quality", "scale"} {
		if value, ok := in.Value(key); ok {
			o.addOption(key, value)
		}
	}
	o.out, _ = in.Value("o")
	o.force = in.Has("f")
	format, ok := in.Value("format")
	if !ok && !o.isFolder(env) {
		if format, err = formatOf(o.out); err != nil {
			return o, &console.UsageError{Err: err}
		}
		ok = format != ""
	}
	if ok {
		o.format = format
		o.addOption("format", format)
	}
	if mode, ok := in.Value("preview"); ok {
		o.previewMode = mode
	}
	if text, ok := in.Value("watch"); ok {
		if o.interval, ok = console.ParseDuration(text); !ok {
			err := fmt.Errorf("--watch: %s is not a duration such as 5s or 1m", codec.Name(text))
			return o, &console.UsageError{Err: err}
		}
		o.addOption("watch", strconv.FormatFloat(o.interval.Seconds(), 'f', -1, 64))
	}
	if in.Has("changed") {
		o.words = append(o.words, codec.Bare("--changed"))
	}
	if text, ok := in.Value("n"); ok {
		if o.count, err = strconv.Atoi(text); err != nil || o.count < 1 {
			return o, &console.UsageError{Err: fmt.Errorf("-n: %s is not a number of pictures", codec.Name(text))}
		}
		o.addOption("n", text)
	}
	return o, o.check(env, in)
}

// formatOf returns the format for the file extension of path, or "" if the extension
// says nothing about the format. The extension of an unsupported picture format is an
// error.
func formatOf(path string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".jpg", ".jpeg":
		return "jpeg", nil
	case ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".ico", ".svg", ".pdf":
		err := fmt.Errorf("-o %s: pictures of this format are not supported", codec.Name(path))
		return "", console.WithHint(err, "name it .png or .jpg, or use --format")
	}
	return "", nil
}

// addOption adds an option to the words of the call.
func (o *shotOptions) addOption(key, value string) {
	dashes := "--"
	if len(key) == 1 {
		dashes = "-"
	}
	o.words = append(o.words, codec.Bare(dashes+key), codec.Lit(value))
}

// check returns a usage error if options exclude each other.
func (o *shotOptions) check(env *command.Env, in command.Invocation) error {
	only := o.previewMode == previewOnly
	for _, rule := range []struct {
		broken bool
		text   string
	}{
		{o.format != "png" && o.format != "jpeg", "--format: png or jpeg"},
		{o.previewMode != previewAuto && o.previewMode != previewNever && !only, "--preview: auto, never or only"},
		{o.interval == 0 && (in.Has("n") || in.Has("changed")), "-n and --changed need --watch"},
		{only && !atPrompt(env), "--preview only: pictures are drawn only at a prompt"},
		{only && (o.out != "" || in.Has("open")), "--preview only: no file is kept, so -o and --open have no use"},
		{o.out == "-" && env.Console.Out.Terminal, "-o -: standard output is a terminal"},
		{o.out == "-" && in.Has("open"), "-o -: there is no file for --open"},
		{o.interval > 0 && in.Has("open"), "--open: only a single picture can be opened"},
	} {
		if rule.broken {
			return &console.UsageError{Err: errors.New(rule.text)}
		}
	}
	return nil
}

// wantsPreview reports whether the pictures are drawn in the terminal.
func (o *shotOptions) wantsPreview(env *command.Env) bool {
	switch o.previewMode {
	case previewOnly:
		return true
	case previewAuto:
		return o.out != "-" && env.Console.Out.Color && atPrompt(env)
	}
	return false
}

// isFolder reports whether -o names a local folder.
func (o *shotOptions) isFolder(env *command.Env) bool {
	info, err := os.Stat(env.Local.Path(o.out))
	return err == nil && info.IsDir()
}

// numberedPath returns the path of a picture. If there may be several pictures, the path
// contains the number of the picture, from 1: desk.png becomes desk-001.png.
func (o *shotOptions) numberedPath(number int) string {
	if o.interval == 0 {
		return o.out
	}
	ext := filepath.Ext(o.out)
	return fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(o.out, ext), number, ext)
}

// checkFree returns an error if the file of the first picture already exists. It is
// called before the remote takes a picture, because a picture whose file already exists
// could not be stored.
func (o *shotOptions) checkFree(env *command.Env) error {
	if o.out == "" || o.out == "-" || o.force || o.isFolder(env) {
		return nil
	}
	path := o.numberedPath(1)
	info, err := os.Lstat(env.Local.Path(path))
	if err == nil && info.Mode().IsRegular() {
		return console.WithHint(console.About(path, codec.Errorf(codec.Exists, "")), "-f replaces it")
	}
	return nil // other errors are reported when the file is written
}
