// Package disk implements the file system as a session sees it: the whole machine, or one
// folder of it. It resolves typed paths to names in open folders, so that no folder can
// be exchanged between a check and the use of its result.
package disk
