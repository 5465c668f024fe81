// Package verb defines the types with which the verbs of the server are implemented: Row,
// the description of a verb, and Request, the call that it answers. A Request has
// everything that a verb may use: its arguments, the connection for the answer, the file
// system, and the rights of the peer. It does not expose the session or the server.
package verb
