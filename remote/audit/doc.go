// Package audit implements the log of what peers did on this computer. For each call that
// needs a right, the log has one line written before the call and one line written after
// it.
package audit
