// Package audit is the log of what peers did on this computer: a line before
// each call that needs a right, and one after it.
package audit
