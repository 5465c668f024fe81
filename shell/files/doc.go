// Package files has the commands about files: remote folders and files are
// listed, searched, measured, copied, moved and deleted, and the local working
// folder is shown and changed. Package transfers moves files between the two
// sides.
package files
