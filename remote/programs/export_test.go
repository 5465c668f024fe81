package programs

// The functions under test that nothing else needs.
var (
	CommandLine = commandLine
	IsBatch     = isBatch
	FindShell   = findShell
	StartError  = startError
)
