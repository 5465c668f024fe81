package screen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/console"
)

// newPath returns the path of a picture. If -o names a file, newPath returns that path,
// with a number if there may be several pictures. Otherwise it makes a new name from the
// host, the time and the display.
func (r *shotReceiver) newPath(e codec.Entry) (string, error) {
	folder := ""
	if r.out != "" {
		if !r.isFolder(r.env) {
			return r.numberedPath(r.number), nil
		}
		folder = r.out
	}
	display := "d1"
	if text, _ := e.More.Get("display"); text == "all" {
		display = text
	} else if n, ok := e.More.Int("display"); ok {
		display = fmt.Sprintf("d%d", n)
	}
	ext := ".png"
	if r.format == "jpeg" {
		ext = ".jpg"
	}
	host, now := safeFileName(r.env.Conn.Hello.Host), time.Now().Format("20060102-150405")
	base := filepath.Join(folder, fmt.Sprintf("%s_%s_%s", host, now, display))
	for n := 1; n < 1000; n++ {
		path := base + ext
		if n > 1 {
			path = fmt.Sprintf("%s-%d%s", base, n, ext)
		}
		if _, err := os.Lstat(r.env.Local.Path(path)); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	return "", console.About(base+ext, codec.Errorf(codec.Exists, ""))
}

// safeFileName returns the name of the remote host in a form that can be part of a file
// name: at most 64 ASCII letters, digits, "-", "_" and ".", not beginning with a dot or a
// dash.
func safeFileName(host string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.", r):
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

// describeChange returns a description, for users, of what has changed since the previous
// picture. The parameter text is "none", or the changed area as "X,Y,WxH".
func describeChange(text string) string {
	var x, y, width, height int
	if text == "none" {
		return "unchanged"
	}
	if _, err := fmt.Sscanf(text, "%d,%d,%dx%d", &x, &y, &width, &height); err != nil {
		return "changed"
	}
	return fmt.Sprintf("changed %dx%d at %d,%d", width, height, x, y)
}

// describeUniform returns the message that tells users that a picture has a single color.
// The parameter color is that color as #rrggbb. The parameter reason says why the picture
// has a single color, or is "" if that is unknown.
func describeUniform(color, reason string) string {
	name := codec.Show(color)
	switch color {
	case "#000000":
		name = "black"
	case "#ffffff":
		name = "white"
	}
	text := "all or nearly all of the picture is " + name
	if reason != "" {
		text += ": " + codec.Show(reason)
	}
	return text
}
