package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/manual"
	"techsh/shell"
	"techsh/shell/console"
)

func options() []codec.Option {
	return slices.Concat(connectionOptions(), runOptions(), recordOptions())
}

// connectionOptions returns the options that choose how to connect.
func connectionOptions() []codec.Option {
	dialects := strings.Join(append(dialect.Names(), dialect.Auto), ", ")
	return []codec.Option{
		{
			Long: "plain",
			Line: "connects to a techshd --plain on this computer, or behind a tunnel",
		},
		{
			Long: "via",
			Arg:  "'CARRIER'",
			Line: "runs a command, without a shell, that connects to a techshd --stdio",
		},
		{
			Long: "dialect",
			Arg:  "NAME",
			Line: "connects to a server of the course, see help course: " + dialects,
		},
		{
			Long: "cookie-file",
			Arg:  "FILE",
			Line: "contains the cookie for --plain; default: TECHSH_COOKIE, or techsh asks",
		},
	}
}

// runOptions returns the options that choose what to run.
func runOptions() []codec.Option {
	return []codec.Option{
		{
			Short: 'c',
			Arg:   "'LINE'",
			Line:  "runs commands, separated by ;",
		},
		{
			Short: 'f',
			Arg:   "FILE",
			Line:  "runs a script",
		},
		{
			Short: 'k',
			Line:  "continues after a failed command",
		},
		{
			Long: "color",
			Arg:  "WHEN",
			Line: "auto, always (into pipes and files too) or never",
		},
		{
			Long: "version",
			Line: "prints the version",
		},
		{
			Short: 'h',
			Long:  "help",
			Line:  "prints this",
		},
	}
}

// recordOptions returns the options that record the session.
func recordOptions() []codec.Option {
	return []codec.Option{
		{
			Long: "wire",
			Arg:  "FILE",
			Line: "appends every frame to FILE, for wire show",
		},
		{
			Long: "full",
			Line: "with --wire: whole file contents, not only their first 64 bytes",
		},
		{
			Long: "secrets",
			Line: "with --wire: cookies and proofs too",
		},
	}
}

func usage() string {
	var b strings.Builder
	b.WriteString(`usage: techsh [OPTION…]                    a session with this computer
       techsh [OPTION…] HOST [COMMAND…]    with a computer that is paired
       techsh [OPTION…] pair               pairs with a computer: asks, or reads standard input
       techsh hosts                        lists the computers that are paired
       techsh forget HOST                  removes one of them
       techsh [OPTION…] doctor [HOST]      looks for what is wrong on the way to a computer
       techsh [OPTION…] lint [HOST]        checks that a server keeps to the protocol
       techsh help [TOPIC|COMMAND]         prints a page of the manual
       techsh --plain [OPTION…] [ADDR:PORT [COMMAND…]]
       techsh --via 'CARRIER' [OPTION…] [COMMAND…]
       techsh --dialect NAME [OPTION…] [HOST[:PORT] [COMMAND…]]
`)
	for _, o := range options() {
		fmt.Fprintf(&b, "  %-20s %s\n", o, o.Line)
	}
	return b.String()
}

// firstWords returns the words that are commands, and not names of computers, if they are
// the first word of the command line.
func firstWords() []string { return []string{"doctor", "forget", "help", "hosts", "lint", "pair"} }

// dialsItself reports whether the words are a command that itself dials the computer
// named in them.
func dialsItself(words []string) bool {
	return len(words) > 0 && (words[0] == "doctor" || words[0] == "lint")
}

// ownCommand returns the first word if it is a command that exists only on techsh's
// command line, or "".
func ownCommand(args codec.Args) string {
	if args.Has("plain") || args.Has("via") || args.Has("dialect") || len(args.Words) == 0 {
		return ""
	}
	first := args.Words[0].Text
	if !slices.Contains(firstWords(), first) || dialsItself([]string{first}) {
		return ""
	}
	return first
}

// helpCommand implements "techsh help [TOPIC|COMMAND]".
func helpCommand(words []codec.Word, s streams) (status int, err error) {
	c := console.New(s.in, s.out, s.err, nil)
	switch len(words) {
	case 0:
		fmt.Fprintln(c, usage()+"\ntopics of help:")
		for _, t := range manual.Topics() {
			fmt.Fprintf(c, "  %-20s %s\n", t.Name, t.Line)
		}
	case 1:
		err = shell.Help(c, words[0].Text)
	default:
		err = errors.New("too many words")
	}
	if err != nil {
		return shell.StatusUsage, fmt.Errorf("help: %w", err)
	}
	if err := c.Flush(); err != nil {
		return shell.StatusFailed, console.AboutStream("standard output", err)
	}
	return shell.StatusOK, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version + ", protocol " + codec.Version
	}
	return "unknown, protocol " + codec.Version
}
