package programs

// The unexported functions under test.
var (
	CommandLine = commandLine
	IsBatch     = isBatch
	FindShell   = findShell
	StartError  = startError
)
