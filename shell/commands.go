package shell

import (
	"slices"

	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/files"
	"techsh/shell/machine"
	"techsh/shell/programs"
	"techsh/shell/protocol"
	"techsh/shell/screen"
	"techsh/shell/transfers"
)

// CommandTable returns all commands of a session without a dialect.
func CommandTable() command.Table {
	return (&Shell{wire: protocol.New(protocol.Config{})}).newTable()
}

// newTable returns the commands of the session, package by package.
func (s *Shell) newTable() command.Table {
	rows := slices.Concat(
		files.Rows(),
		transfers.Rows(),
		programs.Rows(),
		screen.Rows(),
		machine.Rows(),
		s.jobRows(),
		s.connectionRows(),
		s.sessionRows(),
		s.wire.Rows(),
	)
	if s.Dialect != "" {
		rows = command.InDialect(rows)
	}
	return command.Table{Rows: rows, Offers: func(r command.Row) bool { return s.newEnv(s.console).Offers(r) }}
}

// newEnv returns the Env of a command that uses the session's connection.
func (s *Shell) newEnv(c *console.Console) *command.Env {
	return &command.Env{
		Console: c,
		Conn:    s.conn,
		Local:   s.local,
		Dialect: s.Dialect,
		Table:   s.table,
		Target:  s.Target,
		Dial:    s.Dial,
		Hosts:   s.hostNames,
		Jobs:    command.Jobs{Names: s.jobs.names, Find: s.jobs.findKill},
	}
}

// hostNames returns the names of the known computers.
func (s *Shell) hostNames() []string {
	if s.Hosts == nil {
		return nil
	}
	return s.Hosts()
}
