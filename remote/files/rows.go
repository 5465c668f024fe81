package files

import (
	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Rows returns the verbs of this package.
func Rows() verb.Table {
	return append(listingRows(), changeRows()...)
}

func listingRows() verb.Table {
	return verb.Table{
		{
			Verb:     "DIR",
			Long:     []string{"ls"},
			Synopsis: "[-a] [-R] [PATH…] | -c [--folders] PREFIX",
			Line:     "lists files and folders: DATA lines of entries, for each folder after its FILE",
			Options: []codec.Option{
				{Short: 'a', Line: "hidden files too"},
				{Short: 'R', Line: "the folders below too"},
				{Short: 'c', Line: "completes PREFIX"},
				{Long: "folders", Line: "only to folders"},
				{Short: 'l', Line: "no effect: entries are always long"},
			},
			Right: trust.Dir,
			Hand: `  Type
    dir
    dir -a *.txt
  Each line of DATA is an entry: its kind (f file, d folder, l link), mode, size,
  time and name. FILE in front is the folder.
`,
			Run: dir,
		},
		{
			Verb:     "STAT",
			Synopsis: "[-p] PATH…",
			Line:     "an entry for each, in a DATA line; links are not followed",
			Options: []codec.Option{
				{Short: 'p', Line: "IDs instead: of the file that it leads to, or -, and of each folder above"},
			},
			Right: trust.Dir,
			Run:   stat,
		},
		{
			Verb:     "FIND",
			Synopsis: "[-L] [--state] [--name PATTERN] [--size N] [--newer TIME] [--type KIND] [--depth N] PATH…",
			Line:     "lists PATH and everything below it: DATA lines of entries",
			Options: []codec.Option{
				{Short: 'L', Line: "follows symbolic links below PATH"},
				{Long: "state", Line: "adds state=, for DEL --state"},
				{Long: "name", Arg: "PATTERN", Line: "names that match"},
				{Long: "size", Arg: "N", Line: "files of N bytes; +N: of more; -N: of fewer"},
				{Long: "newer", Arg: "TIME", Line: "changed after TIME, such as 2026-11-22T12:00:00Z"},
				{Long: "type", Arg: "KIND", Line: "f: files; d: folders; l: links"},
				{Long: "depth", Arg: "N", Line: "at most N levels below PATH"},
			},
			Right: trust.Dir,
			Hand:  "  Type\n    find --name *.log --size +1 .\n",
			Run:   find,
		},
		{
			Verb:     "DU",
			Synopsis: "[--path] PATH…",
			Line:     "counts the contents: a DATA line BYTES FILES FOLDERS NAME allocated=N for each",
			Options:  []codec.Option{{Long: "path", Line: "adds path=, what DEL would delete, without links"}},
			Right:    trust.Dir,
			Run:      du,
		},
		{
			Verb:     "HASH",
			Long:     []string{"sha256sum"},
			Synopsis: "PATH…",
			Line:     "the SHA-256 of files: a DATA line HEX NAME for each",
			Right:    trust.Get,
			Hand:     "  Type\n    hash notes.txt\n",
			Run:      hash,
		},
		{
			Verb:     "DF",
			Synopsis: "[PATH…]",
			Line:     "size and free space of the disks: a volume for each, in a DATA line",
			Right:    trust.Dir,
			Run:      df,
		},
	}
}

func changeRows() verb.Table {
	return verb.Table{
		{
			Verb:     "CD",
			Synopsis: "[PATH]",
			Line:     "changes the current folder, without PATH to the home folder: OK cwd=…",
			Right:    trust.Dir,
			Hand:     "  Type\n    cd \"My Documents\"\n    cd ..\n  and later relative paths begin in this folder.\n",
			Run:      cd,
		},
		{
			Verb: "PWD",
			Line: "the current folder: OK cwd=…",
			Run:  pwd,
		},
		{
			Verb:     "CAT",
			Long:     []string{"type"},
			Synopsis: "PATH…",
			Line:     "the bytes of files as DATA",
			Right:    trust.Get,
			Hand:     "  Type\n    cat notes.txt\n  DATA has its contents.\n",
			Run:      cat,
		},
		{
			Verb:     "MKD",
			Long:     []string{"mkdir", "md"},
			Synopsis: "[-p] PATH…",
			Line:     "makes folders",
			Options:  []codec.Option{{Short: 'p', Line: "missing parents too; an existing folder is no error"}},
			Right:    trust.Put,
			Hand:     "  Type\n    mkdir -p backup/2026\n",
			Run:      mkdir,
		},
		{
			Verb:     "DEL",
			Long:     []string{"rm", "delete"},
			Synopsis: "[-r] [-f] [--really] [--state] PATH…",
			Line:     "deletes; a folder only with -r",
			Options: []codec.Option{
				{Short: 'r', Line: "folders with their contents"},
				{Short: 'f', Line: "ignores files that do not exist"},
				{Long: "really", Line: "even a root or the home folder"},
				{Long: "state", Line: "only files in a state that DATA lists, one in each line, until END"},
			},
			Right:  trust.Del,
			Plan:   planDelete,
			Stream: true,
			Hand: `  Type
    del hello.txt
  It cannot be undone, and is not confirmed.
`,
			Run: del,
		},
		{
			Verb:     "COPY",
			Long:     []string{"cp"},
			Synopsis: "[-f] [-r] FROM… TO",
			Line:     "copies files on the remote",
			Options: []codec.Option{
				{Short: 'f', Line: "replaces existing files"},
				{Short: 'r', Line: "folders too, with their contents"},
			},
			Right: trust.Put,
			Plan:  planCopy,
			Run:   copyFiles,
		},
		{
			Verb:     "MOVE",
			Long:     []string{"mv", "ren", "rename"},
			Synopsis: "[-f] FROM… TO",
			Line:     "moves and renames on the remote",
			Options:  []codec.Option{{Short: 'f', Line: "replaces an existing file"}},
			Right:    trust.Put,
			Plan:     planMove,
			Run:      move,
		},
	}
}
