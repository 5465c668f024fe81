// Package verb defines the types for implementing the verbs of the server. A Row
// describes a verb, and a Request is a call of a verb. A Request has everything that a
// verb may use: its arguments, the connection for the answer, the file system, and the
// rights of the peer. It does not expose the session or the server.
package verb
