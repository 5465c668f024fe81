// Package client implements a connection to a remote for use by commands.
//
// Open dials and greets; Do makes any call, and Call, Text, Lines, Stat, Find and
// Hash make common ones. Errors of the remote are codec.Errors, which support
// errors.Is(err, fs.ErrNotExist); link.ErrLost and ErrNotConnected mean that the
// connection has ended.
package client
