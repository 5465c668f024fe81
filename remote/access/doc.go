// Package access decides which peers may use a server. It has the gates, the connections
// that are not admitted yet, the open sessions and their limits, and the questions to the
// person at this computer.
package access
