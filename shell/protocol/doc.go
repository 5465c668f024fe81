// Package protocol implements the commands that show and test the protocol itself:
// "trace" and "wire" show the frames of a session, "explain" shows what a command would
// send, "raw" sends arbitrary bytes, "expect" waits for answers, and "doctor" and "lint"
// test a server.
//
// A session has one Recording. Each connection of the session has a Tap, which passes the
// frames of the connection on to the Recording.
package protocol
