// Package audit implements the log of what peers did on this computer. Each call that
// needs a right has a line written before it and one written after it.
package audit
