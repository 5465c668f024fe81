package landing

// CheckWindowsName is called by CheckName on Windows only, and tested on every system.
func CheckWindowsName(name string) error { return checkWindowsName(name) }

// Like CheckWindowsName, these are called on Windows only.
func SentWindowsTarget(target string) string                { return sentWindowsTarget(target) }
func OwnWindowsTarget(sent string) (string, error)          { return ownWindowsTarget(sent) }
func WindowsLink(target string) (data []byte, ok bool)      { return windowsLink(target) }
func AppendUTF16(units []uint16, s string) ([]uint16, bool) { return appendUTF16(units, s) }
