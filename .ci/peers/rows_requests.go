package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

func (w *world) smallRequest(requests int) row {
	return row{
		name:  "small request, p50",
		limit: 30 * time.Microsecond,
		contenders: []contender{
			{
				name:       ours + " ping",
				operations: requests,
				server:     w.techshd,
				argv:       w.script("pings", strings.Repeat("ping\n", requests)),
				stdout:     w.path("times"),
				parse:      pingTime,
			},
			{
				name:       "sftp stat",
				operations: requests,
				server:     w.sshd,
				argv:       w.client("ssh", w.sshd, "-s", "127.0.0.1", "sftp"),
				converse: func(in io.Writer, out io.Reader) (time.Duration, error) {
					return statTime(in, out, w.smallFile(), requests)
				},
			},
		},
	}
}

func (w *world) firstAnswer(opens, starts int) row {
	return row{
		name: "connect to first answer",
		contenders: []contender{
			{
				name:       ours + " open",
				operations: opens,
				server:     w.techshd,
				argv:       w.script("opens", strings.Repeat("open\nping\n", opens)),
			},
			{
				name:    "new ssh",
				goal:    0.05,
				repeats: starts,
				server:  w.sshd,
				argv:    w.client("ssh", w.sshd, "127.0.0.1", "true"),
			},
		},
	}
}

func (w *world) execTrue() row {
	return row{
		name: "exec true, all in all",
		contenders: []contender{
			{name: ours, repeats: 30, server: w.techshd, argv: w.techshTo("exec", "true")},
			{
				name:    "new ssh",
				goal:    0.10,
				repeats: 10,
				server:  w.sshd,
				argv:    w.client("ssh", w.sshd, "127.0.0.1", "true"),
			},
			{
				name:    "ssh ControlMaster",
				goal:    1,
				repeats: 30,
				server:  w.master,
				helper:  w.control,
				argv:    w.client("ssh", w.master, "127.0.0.1", "true"),
			},
		},
	}
}

func (w *world) programOutput(bytes int64) row {
	program := []string{"head", "-c", strconv.FormatInt(bytes, 10), "/dev/zero"}
	overSSH := append([]string{"127.0.0.1"}, program...)
	return row{
		name: size(bytes) + " of program output",
		contenders: []contender{
			{name: ours, server: w.techshd, argv: w.techshTo(append([]string{"exec"}, program...)...)},
			{name: "new ssh", goal: 0.5, server: w.sshd, argv: w.client("ssh", w.sshd, overSSH...)},
			{
				name:   "ssh ControlMaster",
				goal:   1,
				server: w.master,
				helper: w.control,
				argv:   w.client("ssh", w.master, overSSH...),
			},
		},
	}
}

func (w *world) listFolder(entries int) row {
	folder := w.folder(entries)
	listing := w.path("listing")
	return row{
		name:   fmt.Sprintf("list %d entries", entries),
		source: folder,
		contenders: []contender{
			{name: ours, server: w.techshd, argv: w.techshTo("dir", "-l", folder.path), stdout: listing},
			{
				name:   "find -printf",
				goal:   1.2,
				argv:   []string{"find", folder.path, "-maxdepth", "1", "-printf", `%y %m %s %T+ %f %l\n`},
				stdout: listing,
			},
			{
				name:   "sftp ls -l",
				goal:   0.15,
				server: w.sshd,
				argv:   w.batch("list", "ls -l "+folder.path),
				stdout: listing,
			},
		},
	}
}
