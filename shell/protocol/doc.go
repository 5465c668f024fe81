// Package protocol implements the commands that show and test the protocol itself:
// trace and wire show the frames of a session, explain shows what a command would
// send, raw sends arbitrary bytes and expect waits for answers, doctor and lint test
// a server.
//
// A session has one Recording. Each of its connections has a Tap, which passes the
// frames on to the Recording.
package protocol
