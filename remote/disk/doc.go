// Package disk is the file system as a session sees it: the whole machine, or
// one folder of it. It turns typed paths into places that are held open, so
// that nothing can be exchanged between a check and its use.
package disk
