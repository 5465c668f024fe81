// Package lint checks whether a server conforms to the protocol: it sends unusual and
// invalid frames and compares the answers with the specification.
package lint
