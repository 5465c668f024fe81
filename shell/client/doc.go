// Package client is one connection to a remote, as the commands use it.
//
// Open dials and greets; Do makes a call, and Call, Text, Lines, Stat, Find and Hash
// are the usual kinds of calls. Errors of the remote are codec.Errors, so that
// errors.Is(err, fs.ErrNotExist) holds; link.ErrLost and ErrNotConnected tell that
// there is no connection any more.
package client
