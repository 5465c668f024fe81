package files

import (
	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Rows returns the verbs of the room.
func Rows() verb.Table {
	return append(listingRows(), changeRows()...)
}

func listingRows() verb.Table {
	return verb.Table{
		{
			Verb:     "DIR",
			Long:     []string{"ls"},
			Synopsis: "[-a] [-R] [PATH…] | -c PREFIX",
			Line:     "lists files and folders: DATA lines of entries, for each folder a FILE before them",
			Options: []codec.Option{
				{Short: 'a', Line: "hidden ones too"},
				{Short: 'R', Line: "the folders below too"},
				{Short: 'c', Line: "what begins with PREFIX, for completion"},
				{Short: 'l', Line: "nothing: entries are long"},
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
			Line:     "one DATA line, an entry, for each; links are not followed",
			Options: []codec.Option{
				{Short: 'p', Line: "instead, a word for what it leads to, or -, and one for each folder above it"},
			},
			Right: trust.Dir,
			Run:   stat,
		},
		{
			Verb:     "FIND",
			Synopsis: "[-L] [--name PATTERN] [--size N] [--newer TIME] [--type KIND] [--depth N] PATH…",
			Line:     "PATH and everything below: DATA lines of entries",
			Options: []codec.Option{
				{Short: 'L', Line: "follow symbolic links below PATH"},
				{Long: "name", Arg: "PATTERN", Line: "names that match"},
				{Long: "size", Arg: "N", Line: "files of N bytes; +N: of more; -N: of less"},
				{Long: "newer", Arg: "TIME", Line: "what has changed after TIME, such as 2026-11-22T12:00:00Z"},
				{Long: "type", Arg: "KIND", Line: "f: files; d: folders; l: links"},
				{Long: "depth", Arg: "N", Line: "at most N levels below PATH"},
			},
			Right: trust.Dir,
			Hand:  "  Type\n    find --name *.log --size +1 .\n",
			Run:   find,
		},
		{
			Verb:     "DU",
			Synopsis: "PATH…",
			Line:     "counts the contents: a DATA line BYTES FILES FOLDERS NAME for each",
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
			Line:     "the room on the disks: a DATA line, a volume, for each",
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
			Line:     "changes the folder of the session, without PATH to home: OK cwd=…",
			Right:    trust.Dir,
			Hand:     "  Type\n    cd \"My Documents\"\n    cd ..\n  and later verbs begin there.\n",
			Run:      cd,
		},
		{
			Verb: "PWD",
			Line: "the folder of the session: OK cwd=…",
			Run:  pwd,
		},
		{
			Verb:     "CAT",
			Long:     []string{"type"},
			Synopsis: "PATH…",
			Line:     "the bytes of files as DATA",
			Right:    trust.Get,
			Hand:     "  Type\n    cat notes.txt\n  DATA is what is in it.\n",
			Run:      cat,
		},
		{
			Verb:     "MKD",
			Long:     []string{"mkdir", "md"},
			Synopsis: "[-p] PATH…",
			Line:     "makes folders",
			Options:  []codec.Option{{Short: 'p', Line: "those above it too; an existing one is fine"}},
			Right:    trust.Put,
			Hand:     "  Type\n    mkdir -p backup/2026\n",
			Run:      mkdir,
		},
		{
			Verb:     "DEL",
			Long:     []string{"rm", "delete"},
			Synopsis: "[-r] [-f] [--really] PATH…",
			Line:     "deletes; a folder only with -r",
			Options: []codec.Option{
				{Short: 'r', Line: "folders with everything in them"},
				{Short: 'f', Line: "what does not exist is fine"},
				{Long: "really", Line: "also a root or the home folder"},
			},
			Right: trust.Del,
			Asks:  true,
			Hand:  "  Type\n    del hello.txt\n  There is no way back, and nobody asks you again.\n",
			Run:   del,
		},
		{
			Verb:     "COPY",
			Long:     []string{"cp"},
			Synopsis: "[-f] [-r] FROM… TO",
			Line:     "copies files on the remote",
			Options: []codec.Option{
				{Short: 'f', Line: "replaces existing files"},
				{Short: 'r', Line: "folders too, with everything in them"},
			},
			Right: trust.Put,
			Run:   copyFiles,
		},
		{
			Verb:     "MOVE",
			Long:     []string{"mv", "ren", "rename"},
			Synopsis: "[-f] FROM… TO",
			Line:     "moves and renames on the remote",
			Options:  []codec.Option{{Short: 'f', Line: "replaces an existing file"}},
			Right:    trust.Put,
			Run:      move,
		},
	}
}
