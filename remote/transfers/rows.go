package transfers

import (
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Transfers has the verbs of this package, and their state for one session.
type Transfers struct{ parts foundParts }

// New returns the Transfers of a new session.
func New() *Transfers { return &Transfers{} }

// Rows returns the verbs of this package.
func (t *Transfers) Rows() verb.Table {
	return verb.Table{
		{
			Verb: "GET",
			Synopsis: "[-r] [-L] [--sum sha256] [--limit N] PATH… | --have N,SHA256 PATH | " +
				"-r --list PATH",
			Line: "sends files: FILE, DATA…, SUM for each",
			Options: []codec.Option{
				{Short: 'r', Line: "folders too, with their contents"},
				{Short: 'L', Line: "follow symbolic links inside folders"},
				{Long: "sum", Arg: "KIND", Line: "SUM has sha256= too"},
				{Long: "limit", Arg: "N", Line: "at most N bytes a second"},
				{Long: "have", Arg: "N,SHA256", Line: "the client has the first N bytes, with that sum: send the rest"},
				{Long: "list", Line: "only what DATA lists, one name in each line, until END"},
			},
			Right:  trust.Get,
			Stream: true,
			Hand: `  Type
    get notes.txt
  FILE says what comes, each DATA is some of it, SUM is its CRC-32C.
` + strings.Replace(verb.KeepByHand, "%s", "get notes.txt", 1),
			Run: get,
		},
		{
			Verb:     "PUT",
			Synopsis: "[-f] [-t] [-r] [PATH]",
			Line:     "receives a file: FILE, DATA…, SUM, and END",
			Options: []codec.Option{
				{Short: 'f', Line: "replaces existing files"},
				{Short: 't', Line: "receives several files into the folder PATH"},
				{Short: 'r', Line: "folders and links too"},
			},
			Right:  trust.Put,
			Stream: true,
			Hand: `  Type
    put hello.txt
    file f 0644 - - hello.txt
    data hello
    data these are two lines
    sum none
    end
  FILE is kind, mode, size, time and name, - where it is not known. Then DATA, a line
  each, and SUM, none or crc32c=HHHHHHHH. END ends it, and OK means that it is
  complete and on disk. -f replaces an existing file.
`,
			Plan: planPut,
			Run:  t.put,
		},
		{
			Verb:     "PART",
			Synopsis: "PATH SIZE [NAME]",
			Line:     "the bytes that an interrupted PUT of this file has left: OK have=… sha256=…",
			Right:    trust.Put,
			Run:      t.part,
		},
	}
}
