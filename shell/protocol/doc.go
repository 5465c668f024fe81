// Package protocol shows and exercises the protocol itself: trace and wire show what
// has crossed the connections of a session, explain shows what a command would send,
// raw sends any bytes and expect waits for answers, doctor and lint examine a server.
//
// A session has one Recording. Each connection of it has a Tap, which tells the
// recording of the frames that cross.
package protocol
