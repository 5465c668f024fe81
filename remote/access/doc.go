// Package access decides who may speak to a server: the gates, the connections
// that wait in front of them, the sessions that may be open, and the question to
// the person at this computer.
package access
