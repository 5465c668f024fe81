package remote

// CommandLine is what cmd.exe is started with.
func CommandLine(line string) string { return commandLine(line) }

// IsBatch says what is only run by a shell on Windows.
func IsBatch(path string) bool { return isBatch(path) }

// ShellOf finds a shell by its name.
func ShellOf(list, name string) (string, error) { return shellOf(list, name) }

// StartError is what is said of a program that could not be started.
func StartError(err error) error { return startError(err) }

// Started returns the programs of all peers that RUN has started and that still
// run.
func Started(s *Server) (pids []int) {
	s.started.sweep()
	s.started.mu.Lock()
	defer s.started.mu.Unlock()
	for _, l := range s.started.live {
		pids = append(pids, l.process.Pid)
	}
	return pids
}
