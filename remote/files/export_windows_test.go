package files

// The unexported functions under test.
var Interruptible = interruptible
