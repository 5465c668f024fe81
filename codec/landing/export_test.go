package landing

// CheckWindowsName is called by CheckName on Windows only, and tested on every system.
func CheckWindowsName(name string) error { return checkWindowsName(name) }
