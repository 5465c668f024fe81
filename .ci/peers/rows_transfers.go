package main

import "fmt"

func (w *world) getFile(bytes int64) row {
	file := w.file(bytes)
	landed, target := w.landed(file), w.targetDir()
	return row{
		name:     "get " + size(bytes) + ", TLS",
		crossing: true,
		source:   file,
		landed:   landed,
		contenders: []contender{
			w.paired("get", file.path, target),
			{
				name:   "sftp",
				goal:   0.60,
				server: w.sshd,
				argv:   w.client("sftp", w.sshd, "127.0.0.1:"+file.path, target),
			},
			{
				name:   "ssh cat",
				goal:   0.85,
				server: w.sshd,
				argv:   w.client("ssh", w.sshd, "127.0.0.1", "cat "+file.path),
				stdout: landed,
			},
			{name: "cp", goal: 2.6, argv: []string{"cp", file.path, target}},
		},
	}
}

func (w *world) putFile(bytes int64) row {
	file := w.file(bytes)
	target := w.targetDir()
	return row{
		name:     "put " + size(bytes) + ", TLS",
		crossing: true,
		source:   file,
		landed:   w.landed(file),
		contenders: []contender{
			w.paired("put", file.path, target),
			{name: "sftp", goal: 0.50, server: w.sshd, argv: w.batch("put-file", "put "+file.path+" "+target)},
		},
	}
}

func (w *world) getPlain(bytes int64) row {
	file := w.file(bytes)
	target := w.targetDir()
	rsync := w.rsyncDaemon("-t", w.module(file.path), target)
	rsync.goal = 0.68
	return row{
		name:     "get " + size(bytes) + ", plain",
		crossing: true,
		source:   file,
		landed:   w.landed(file),
		contenders: []contender{
			{
				name:   ours,
				server: w.plain,
				argv: []string{
					w.path("bin", "techsh"), "--plain", "--cookie-file", w.path("cookie"), w.plain.addr,
					"get", file.path, target,
				},
			},
			rsync,
			{name: "cp", goal: 1.35, argv: []string{"cp", file.path, target}},
		},
	}
}

func (w *world) getTree(files int) row {
	tree := w.tree(files)
	target := w.targetDir()
	rsync := w.rsyncDaemon("-rlpt", w.module(tree.path), target)
	rsync.goal = 0.65
	unpack := []string{"sh", "-c", `"$@" | tar -xpf - -C ` + target, "sh"}
	return row{
		name:     fmt.Sprintf("get -r %d files of 4 KiB", files),
		crossing: true,
		source:   tree,
		landed:   w.landed(tree),
		contenders: []contender{
			w.paired("get", "-r", tree.path, target),
			rsync,
			{
				name:   "tar over ssh",
				goal:   0.30,
				server: w.sshd,
				argv:   append(unpack, w.client("ssh", w.sshd, "127.0.0.1", packCommand(tree.path))...),
			},
			{
				name:   "sftp -r",
				once:   true,
				server: w.sshd,
				argv:   w.batch("get-tree", "get -rp "+tree.path+" "+target),
			},
			{
				name:   "lftp mirror",
				once:   true,
				server: w.vsftpd,
				argv:   w.lftp("mirror " + w.inside(tree.path) + " " + target),
			},
		},
	}
}

func (w *world) putTree(files int) row {
	tree := w.tree(files)
	target := w.targetDir()
	rsync := w.rsyncDaemon("-rlpt", tree.path, w.module(target))
	rsync.goal = 0.65
	pack := []string{"sh", "-c", packCommand(tree.path) + ` | "$@"`, "sh"}
	return row{
		name:     fmt.Sprintf("put -r %d files of 4 KiB", files),
		crossing: true,
		source:   tree,
		landed:   w.landed(tree),
		contenders: []contender{
			w.paired("put", "-r", tree.path, target),
			rsync,
			{
				name:   "tar over ssh",
				goal:   0.30,
				server: w.sshd,
				argv:   append(pack, w.client("ssh", w.sshd, "127.0.0.1", "tar -xpf - -C "+target)...),
			},
			{
				name:   "sftp -r",
				once:   true,
				server: w.sshd,
				argv:   w.batch("put-tree", "put -rp "+tree.path+" "+target),
			},
			{
				name:   "lftp mirror",
				once:   true,
				server: w.vsftpd,
				argv:   w.lftp("mirror -R " + tree.path + " " + w.inside(target)),
			},
		},
	}
}
