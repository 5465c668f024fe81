//go:build !linux

package remote

func newCamera(l library) camera { return l }
