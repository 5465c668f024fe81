// Package files implements the commands that list, search, measure, copy, move and
// delete remote files and folders, and those that show and change the local folder.
// Package transfers implements the transfers between the two sides.
package files
