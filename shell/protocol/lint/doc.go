// Package lint checks that a server keeps to the protocol: it sends odd and
// broken frames, and compares the answers with the specification.
package lint
