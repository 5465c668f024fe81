package main

// module is the name of the module.
const module = "techsh"

// topLevel is what may be at the top, besides names that begin with a dot.
var topLevel = []string{"shell", "remote", "codec", "testdata", "go.mod", "go.sum", "justfile", "README.md"}

// emptyNames say nothing of what is in a folder.
var emptyNames = []string{"internal", "pkg", "util", "utils", "common", "types", "helpers"}

// rooms are the packages that shell and remote both have. None imports another.
var rooms = []string{"files", "transfers", "programs", "screen", "machine"}

// The most lines of a package, without its tests and its doc.go, and of a line.
const (
	mostLines   = 3000
	mostOfRoot  = 2500
	mostColumns = 120
)

// roots are the packages that have less room.
var roots = []string{"shell", "remote"}

// harnesses are for tests: only test files import them, and they may import
// what they need.
var harnesses = []string{"codec/codectest", "shell/shelltest", "remote/remotetest"}

// mayImport is the order of the packages: what each may import of this module.
// "x/..." is x and what is below it.
var mayImport = map[string][]string{
	"codec":          {},
	"codec/hashset":  {},
	"codec/fileid":   {"codec", "codec/hashset"},
	"codec/link":     {"codec"},
	"codec/trust":    {"codec"},
	"codec/winname":  {"codec"},
	"codec/landing":  {"codec", "codec/fileid", "codec/winname"},
	"codec/removal":  {"codec", "codec/fileid", "codec/landing"},
	"codec/transfer": {"codec", "codec/hashset", "codec/landing", "codec/winname"},
	"codec/dialect":  {"codec", "codec/link", "codec/transfer"},
	"codec/manual":   {},

	"shell/lineedit":          {"shell/lineedit/keys"},
	"shell/lineedit/keys":     {},
	"shell/console":           {"codec", "shell/lineedit"},
	"shell/client":            {"codec/...", "shell/console"},
	"shell/command":           {"codec/...", "shell/console", "shell/client"},
	"shell/transfers/compare": {"codec", "codec/hashset", "codec/landing", "codec/transfer"},
	"shell/transfers/running": shellRoom("shell/transfers/compare"),
	"shell/screen/termimage":  {"codec", "shell/lineedit/keys"},
	"shell/protocol/lint":     {"codec", "codec/link"},
	"shell/files":             shellRoom(),
	"shell/transfers":         shellRoom("shell/transfers/compare", "shell/transfers/running"),
	"shell/programs":          shellRoom("shell/lineedit/keys"),
	"shell/screen":            shellRoom("shell/screen/termimage"),
	"shell/machine":           shellRoom(),
	"shell/protocol":          shellRoom("shell/protocol/lint"),
	"shell":                   {"codec/...", "shell/..."},
	"shell/techsh":            {"codec/...", "shell/...", "remote/..."},

	"remote/disk":           {"codec/..."},
	"remote/audit":          {"codec/...", "remote/disk"},
	"remote/verb":           {"codec/...", "remote/disk", "remote/audit"},
	"remote/access":         {"codec/...", "remote/disk", "remote/audit", "remote/verb"},
	"remote/screen/picture": {"codec"},
	"remote/screen/x11":     {"codec", "remote/screen/picture"},
	"remote/system":         {"codec"},
	"remote/install":        {"codec"},
	"remote/files":          remoteRoom(),
	"remote/transfers":      remoteRoom(),
	"remote/programs":       remoteRoom(),
	"remote/screen":         remoteRoom("remote/screen/picture", "remote/screen/x11"),
	"remote/machine":        remoteRoom(),
	"remote":                {"codec/...", "remote/..."},
	"remote/techshd":        {"codec/...", "remote/..."},
}

func shellRoom(own ...string) []string {
	return append(own, "codec/...", "shell/console", "shell/client", "shell/command")
}

func remoteRoom(own ...string) []string {
	return append(own, "codec/...", "remote/system", "remote/disk", "remote/audit", "remote/verb")
}

// A door is a package through which a dependency comes in. An import path is
// under the longest dependency that begins it.
type door struct {
	dependency string
	packages   []string
	files      string // a pattern for the names of the files; "" is all
}

// doors has each dependency.
var doors = []door{
	{dependency: "github.com/chzyer/readline", packages: []string{"shell/lineedit"}},
	{dependency: "github.com/fatih/color", packages: []string{"shell/console"}},
	{dependency: "github.com/dustin/go-humanize", packages: []string{"shell/console"}},
	{dependency: "github.com/charmbracelet/x/ansi", packages: []string{"shell/console"}},
	{dependency: "golang.org/x/text", packages: []string{"shell/programs"}},
	{dependency: "golang.org/x/text/unicode/norm", packages: []string{"codec/landing"}, files: "names.go"},
	{dependency: "github.com/kbinani/screenshot", packages: []string{"remote/screen"}},
	{dependency: "github.com/charmbracelet/x/xpty", packages: []string{"remote/programs"}},
	{dependency: "github.com/charmbracelet/x/conpty", packages: []string{"remote/programs"}},
	{dependency: "github.com/shirou/gopsutil", packages: []string{"remote/system"}},
	// The terminal of each half.
	{dependency: "golang.org/x/term", packages: []string{"shell/console", "remote/techshd"}},
	// What a system offers beyond the standard library, in files named for it.
	{
		dependency: "golang.org/x/sys", packages: []string{"codec/landing", "codec/transfer", "codec/trust"},
		files: "fs_*.go",
	},
	{dependency: "golang.org/x/sys", packages: []string{"remote/..."}, files: "*_*.go"},
}
