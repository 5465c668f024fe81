package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

const ours = "techsh"

// A row is one thing that several programs can do, techsh first.
type row struct {
	name     string
	limit    time.Duration // what techsh may take at most; 0 is what the others say
	crossing bool          // files cross: the memory of both sides has a limit
	source   *source
	landed   string // what is there afterwards, and is the same as source; "" is nothing
	who      []contender
}

// rows are those without a delay.
func (w *world) rows() []row {
	big, output, files, entries := int64(1<<30), int64(100<<20), 10_000, 100_000
	if w.quick {
		big, output, files, entries = 128<<20, 10<<20, 1_000, 10_000
	}
	file, tree, folder := w.file(big), w.tree(files), w.folder(entries)
	got, gotTree := w.landing(file), w.landing(tree)
	in := w.path("target") + "/"
	cp := []string{"cp", file.path, in}
	return []row{
		{
			name: "get " + size(big) + ", TLS", crossing: true, source: file, landed: got,
			who: []contender{
				w.paired("get", file.path, in),
				{name: "sftp", goal: 0.60, server: w.sshd, argv: w.client("sftp", w.sshd, "127.0.0.1:"+file.path, in)},
				{name: "ssh cat", goal: 0.85, server: w.sshd, argv: w.client("ssh", w.sshd, "127.0.0.1", "cat "+file.path), stdout: got},
				{name: "cp", goal: 2.6, argv: cp},
			},
		},
		{
			name: "put " + size(big) + ", TLS", crossing: true, source: file, landed: got,
			who: []contender{
				w.paired("put", file.path, in),
				{name: "sftp", goal: 0.50, server: w.sshd, argv: w.batch("put-file", "put "+file.path+" "+in)},
			},
		},
		{
			name: "get " + size(big) + ", plain", crossing: true, source: file, landed: got,
			who: []contender{
				{name: ours, server: w.plain, argv: []string{w.path("bin", "techsh"), "--plain", "--cookie-file", w.path("cookie"), w.plain.addr, "get", file.path, in}},
				{name: "rsync daemon", goal: 0.68, server: w.rsyncd, argv: []string{"rsync", "-t", w.module(file.path), in}},
				{name: "cp", goal: 1.35, argv: cp},
			},
		},
		{
			name: fmt.Sprintf("get -r %d files of 4 KiB", files), crossing: true, source: tree, landed: gotTree,
			who: append(w.gets(tree.path, in), []contender{
				{name: "sftp -r", once: true, server: w.sshd, argv: w.batch("get-tree", "get -rp "+tree.path+" "+in)},
				{name: "lftp mirror", once: true, server: w.vsftpd, argv: w.lftp("mirror " + w.inside(tree.path) + " " + in)},
			}...),
		},
		{
			name: fmt.Sprintf("put -r %d files of 4 KiB", files), crossing: true, source: tree, landed: gotTree,
			who: append(w.puts(tree.path, in), []contender{
				{name: "sftp -r", once: true, server: w.sshd, argv: w.batch("put-tree", "put -rp "+tree.path+" "+in)},
				{name: "lftp mirror", once: true, server: w.vsftpd, argv: w.lftp("mirror -R " + tree.path + " " + w.inside(in))},
			}...),
		},
		w.smallRequest(2000),
		w.firstAnswer(100, 10),
		{
			name: "exec true, all in all",
			who: []contender{
				{name: ours, times: 30, server: w.techshd, argv: w.techshTo("exec", "true")},
				{name: "new ssh", goal: 0.10, times: 10, server: w.sshd, argv: w.client("ssh", w.sshd, "127.0.0.1", "true")},
				{name: "ssh ControlMaster", goal: 1, times: 30, server: w.master, helper: w.control, argv: w.client("ssh", w.master, "127.0.0.1", "true")},
			},
		},
		w.programOutput(output),
		{
			name: fmt.Sprintf("list %d entries", entries), source: folder,
			who: []contender{
				{name: ours, server: w.techshd, argv: w.techshTo("dir", "-l", folder.path), stdout: w.path("listing")},
				{name: "find -printf", goal: 1.2, argv: []string{"find", folder.path, "-maxdepth", "1", "-printf", `%y %m %s %T+ %f %l\n`}, stdout: w.path("listing")},
				{name: "sftp ls -l", goal: 0.15, server: w.sshd, argv: w.batch("list", "ls -l "+folder.path), stdout: w.path("listing")},
			},
		},
	}
}

// delayedRows are those through the delay line, for which there are no goals.
func (w *world) delayedRows() []row {
	big, files, asks := int64(100<<20), 1_000, 100
	if w.quick {
		big, files, asks = 10<<20, 200, 20
	}
	file, tree := w.file(big), w.tree(files)
	got, gotTree := w.landing(file), w.landing(tree)
	in := w.path("target") + "/"
	rows := []row{
		{
			name: "get " + size(big) + ", TLS", source: file, landed: got,
			who: []contender{
				w.paired("get", file.path, in),
				{name: "sftp", server: w.sshd, argv: w.client("sftp", w.sshd, "127.0.0.1:"+file.path, in)},
				{name: "ssh cat", server: w.sshd, argv: w.client("ssh", w.sshd, "127.0.0.1", "cat "+file.path), stdout: got},
				{name: "rsync daemon", server: w.rsyncd, argv: []string{"rsync", "-t", w.module(file.path), in}},
			},
		},
		{
			name: "put " + size(big) + ", TLS", source: file, landed: got,
			who: []contender{
				w.paired("put", file.path, in),
				{name: "sftp", server: w.sshd, argv: w.batch("put-file", "put "+file.path+" "+in)},
				{name: "rsync daemon", server: w.rsyncd, argv: []string{"rsync", "-t", file.path, w.module(in)}},
			},
		},
		{name: fmt.Sprintf("get -r %d files of 4 KiB", files), source: tree, landed: gotTree, who: w.gets(tree.path, in)},
		{name: fmt.Sprintf("put -r %d files of 4 KiB", files), source: tree, landed: gotTree, who: w.puts(tree.path, in)},
		w.smallRequest(asks),
		w.firstAnswer(5, 3),
	}
	for i := range rows {
		rows[i].limit = 0
		for j := range rows[i].who {
			rows[i].who[j].goal = 0
		}
	}
	return rows
}

// gets are the ways to fetch a tree that are not slow.
func (w *world) gets(tree, in string) []contender {
	unpack := `"$@" | tar -xpf - -C ` + in
	return []contender{
		w.paired("get", "-r", tree, in),
		{name: "rsync daemon", goal: 0.65, server: w.rsyncd, argv: []string{"rsync", "-rlpt", w.module(tree), in}},
		{name: "tar over ssh", goal: 0.30, server: w.sshd, argv: append([]string{"sh", "-c", unpack, "sh"}, w.client("ssh", w.sshd, "127.0.0.1", pack(tree))...)},
	}
}

// puts are the same for sending one.
func (w *world) puts(tree, in string) []contender {
	return []contender{
		w.paired("put", "-r", tree, in),
		{name: "rsync daemon", goal: 0.65, server: w.rsyncd, argv: []string{"rsync", "-rlpt", tree, w.module(in)}},
		{name: "tar over ssh", goal: 0.30, server: w.sshd, argv: append([]string{"sh", "-c", pack(tree) + ` | "$@"`, "sh"}, w.client("ssh", w.sshd, "127.0.0.1", "tar -xpf - -C "+in)...)},
	}
}

func (w *world) smallRequest(asks int) row {
	return row{
		name: "small request, p50", limit: 30 * time.Microsecond,
		who: []contender{
			{name: ours + " ping", shares: asks, server: w.techshd, argv: w.script("pings", strings.Repeat("ping\n", asks)), stdout: w.path("times"), read: pingTimes},
			{name: "sftp stat", shares: asks, server: w.sshd, argv: w.client("ssh", w.sshd, "-s", "127.0.0.1", "sftp"), talk: func(in io.Writer, out io.Reader) (time.Duration, error) {
				return statTimes(in, out, w.small(), asks)
			}},
		},
	}
}

// pingTimes returns the median of the times that ping has printed.
func pingTimes(stdout []byte) (time.Duration, error) {
	var times []time.Duration
	for line := range bytes.Lines(stdout) {
		ms, err := strconv.ParseFloat(strings.TrimSuffix(string(bytes.TrimSpace(line)), " ms"), 64)
		if err != nil {
			return 0, err
		}
		times = append(times, time.Duration(ms*float64(time.Millisecond)))
	}
	return median(times), nil
}

func (w *world) firstAnswer(opens, starts int) row {
	return row{
		name: "connect to first answer",
		who: []contender{
			{name: ours + " open", shares: opens, server: w.techshd, argv: w.script("opens", strings.Repeat("open\nping\n", opens))},
			{name: "new ssh", goal: 0.05, times: starts, server: w.sshd, argv: w.client("ssh", w.sshd, "127.0.0.1", "true")},
		},
	}
}

func (w *world) programOutput(bytes int64) row {
	program := []string{"head", "-c", strconv.FormatInt(bytes, 10), "/dev/zero"}
	return row{
		name: size(bytes) + " of program output",
		who: []contender{
			{name: ours, server: w.techshd, argv: w.techshTo(append([]string{"exec"}, program...)...)},
			{name: "new ssh", goal: 0.5, server: w.sshd, argv: w.client("ssh", w.sshd, append([]string{"127.0.0.1"}, program...)...)},
			{name: "ssh ControlMaster", goal: 1, server: w.master, helper: w.control, argv: w.client("ssh", w.master, append([]string{"127.0.0.1"}, program...)...)},
		},
	}
}

// paired is a command of techsh on the computer that it is paired with.
func (w *world) paired(words ...string) contender {
	return contender{name: ours, server: w.techshd, argv: w.techshTo(words...)}
}

func (w *world) techshTo(words ...string) []string {
	return append([]string{w.path("bin", "techsh"), w.host}, words...)
}

func (w *world) script(name, text string) []string {
	return []string{w.path("bin", "techsh"), "-f", w.note(name, text), w.host}
}

// batch is one of sftp.
func (w *world) batch(name, text string) []string {
	return w.client("sftp", w.sshd, "-b", w.note(name, text+"\n"), "127.0.0.1")
}

// note keeps a text in a file; when it cannot, who reads it will say so.
func (w *world) note(name, text string) string {
	path := w.path(name)
	_ = os.WriteFile(path, []byte(text), 0o644)
	return path
}

func (w *world) lftp(command string) []string {
	if w.vsftpd == nil {
		return nil
	}
	return []string{"lftp", "-c", fmt.Sprintf("set cmd:fail-exit yes; open -u anonymous,none ftp://%s; %s", w.vsftpd.addr, command)}
}

// pack is a command that writes a tree as tar does.
func pack(tree string) string {
	i := strings.LastIndexByte(tree, '/')
	return "tar -cf - -C " + tree[:i] + " " + tree[i+1:]
}

// inside is a path as vsftpd sees it, module as rsync does.
func (w *world) inside(path string) string { return strings.TrimPrefix(path, w.dir) }

func (w *world) module(path string) string {
	return "rsync://" + w.rsyncd.addr + "/all" + w.inside(path)
}

// landing is where a source is to be found after it has crossed.
func (w *world) landing(s *source) string {
	return w.path("target", s.path[strings.LastIndexByte(s.path, '/')+1:])
}

func size(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
