package shell

import (
	_ "embed"
	"fmt"
	"strings"

	"techsh/shell/console"
)

// course is a tour for learners. A test does what it says.
//
//go:embed course.txt
var course string

// courseTopic is what help calls it.
const courseTopic = "course"

func showCourse(c *console.Console) {
	for line := range strings.Lines(course) {
		text := strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(text, "    $ ") || text != "" && text[0] >= '1' && text[0] <= '9' {
			text = c.Paint.Bold(text)
		}
		fmt.Fprintln(c, text)
	}
}
