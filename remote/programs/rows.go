package programs

import (
	"context"
	"log/slog"
	"os/exec"
	"slices"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Programs has the verbs of this package, and their state for one server.
type Programs struct {
	settable []string // see New
	detached detachedProcs
	guard    guard
}

// New returns the Programs of a new server. settable has the names, or patterns of names,
// of the variables that clients may set. If there are none, clients may set all variables
// that do not make programs load or run something else.
func New(settable ...string) *Programs { return &Programs{settable: settable} }

// GuardBy makes a guardian end the programs if this process is killed. The function
// command returns the command of a guardian, made by exec.CommandContext. If command is
// nil, there is no guardian. GuardBy must be called before the first program runs, and
// Close must be called after the last program has ended.
func (p *Programs) GuardBy(command func(context.Context) *exec.Cmd, log *slog.Logger) {
	p.guard.command, p.guard.log = command, log
}

// Close ends the guardian, unless programs run. The next program starts another one.
func (p *Programs) Close() { p.guard.close() }

// Sweep releases the detached programs that have ended. It must be called regularly.
func (p *Programs) Sweep() { p.detached.sweep() }

// Rows returns the verbs of this package.
func (p *Programs) Rows() verb.Table {
	return slices.Concat(p.runRows(), p.startRows(), p.processRows())
}

// placeOptions returns the options of all verbs that start a program.
func placeOptions() []codec.Option {
	return []codec.Option{
		{Short: 'd', Arg: "DIR", Line: "runs in this folder"},
		{Short: 'e', Arg: "NAME=VALUE", Line: "sets a variable; may be repeated", Many: true},
	}
}

// runOptions returns the options of the verbs that run a program until it ends.
func runOptions() []codec.Option {
	return append([]codec.Option{
		{Short: 'i', Line: "the client streams standard input: DATA… END"},
		{Short: 't', Arg: "COLSxROWS", Line: "runs in a terminal; the client streams its input: DATA, SIZE…"},
		{Long: "timeout", Arg: "SECONDS", Line: "ends the program after this time"},
	}, placeOptions()...)
}

const runSynopsis = "[-i] [-t COLSxROWS] [-d DIR] [-e NAME=VALUE…] [--timeout SECONDS] "

func (p *Programs) runRows() verb.Table {
	return verb.Table{
		{
			Verb:         "EXEC",
			Synopsis:     runSynopsis + "PROG ARG…",
			Line:         "runs a program: DATA is its output, NOTE its errors, OK its end",
			Options:      runOptions(),
			OptionsFirst: true,
			Stream:       true,
			Right:        trust.Exec,
			Plan:         planExecute,
			Check:        p.checkVariables,
			Hand: `  Type
    exec echo from afar
  DATA is what it prints, NOTE its errors, exit=0 its status. With -i it reads what
  you type, line by line:
    exec -i sort
    data pear
    data apple
    end
  SH takes a line for the shell instead.
`,
			Run: p.execute,
		},
		{
			Verb:     "SH",
			Long:     []string{"shell"},
			Synopsis: runSynopsis + "[--shell SHELL] LINE",
			Line:     "runs a line in the shell of the system; the answer is that of EXEC",
			Options: append([]codec.Option{
				{Long: "shell", Arg: "SHELL", Line: "uses this shell"},
			}, runOptions()...),
			OptionsFirst: true,
			Stream:       true,
			Right:        trust.Exec,
			Plan:         planShell,
			Check:        p.checkVariables,
			Hand:         "  Type\n    sh echo $((6*7))\n  The answer is that of EXEC.\n",
			Run:          p.shell,
		},
	}
}

func (p *Programs) startRows() verb.Table {
	return verb.Table{
		{
			Verb:         "RUN",
			Long:         []string{"start"},
			Synopsis:     "[-d DIR] [-e NAME=VALUE…] PROG ARG…",
			Line:         "starts a program, or opens a document, on the desktop of the remote: OK pid=",
			Options:      placeOptions(),
			OptionsFirst: true,
			Right:        trust.Exec,
			Plan:         planStart,
			Check:        p.checkVariables,
			Run:          p.start,
		},
	}
}

func (p *Programs) processRows() verb.Table {
	return verb.Table{
		{
			Verb:     "PS",
			Synopsis: "[--mine] [PID…]",
			Line:     "lists processes",
			Options:  []codec.Option{{Long: "mine", Line: "lists only those that RUN has started for you"}},
			Right:    trust.Info,
			Run:      p.list,
		},
		{
			Verb:     "KILL",
			Synopsis: "[-s SIG] [--name PROGRAM] PID…",
			Line:     "ends processes",
			Options: []codec.Option{
				{Short: 's', Arg: "SIG", Line: "sends this signal, a name or number, instead of TERM"},
				{Long: "name", Arg: "PROGRAM", Line: "only processes with this name"},
			},
			Right: trust.Exec,
			Plan:  planKill,
			Run:   kill,
		},
	}
}
