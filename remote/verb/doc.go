// Package verb is what the rooms of the server are made of: the rows of their
// verbs, and the request that a verb answers. A request has what a verb may
// use: its arguments, the connection to answer on, the file system, and the
// rights of the peer. It has nothing of the session or the server behind it.
package verb
