// Command resources writes what go-winres adds to a program for Windows: an icon, the
// manifest and the version. Usage: resources techsh|techshd VERSION FOLDER.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
)

// manifest tells Windows that the program needs no more rights than who starts it has,
// uses UTF-8, counts real pixels and may use long paths.
//
//go:embed app.manifest
var manifest []byte

// A program is an executable.
type program struct {
	name, description string
	ground            color.NRGBA // of its icon
}

func programs() []program {
	return []program{
		{"techsh", "techsh, the technician's shell", color.NRGBA{0x1b, 0x4f, 0x8a, 0xff}},
		{"techshd", "techshd, lets paired technicians help this computer", color.NRGBA{0x1d, 0x6b, 0x3c, 0xff}},
	}
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: resources techsh|techshd VERSION FOLDER")
		os.Exit(2)
	}
	for _, p := range programs() {
		if p.name == os.Args[1] {
			if err := p.write(os.Args[2], os.Args[3]); err != nil {
				fmt.Fprintln(os.Stderr, "resources:", err)
				os.Exit(1)
			}
		}
	}
}

// write writes winres.json, and the files that it names, to a folder.
func (p program) write(version, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	var icons []string
	for _, size := range []int{256, 64, 48, 32, 24, 16} {
		name := fmt.Sprintf("icon%d.png", size)
		icons = append(icons, name)
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := png.Encode(f, icon(size, p.ground, color.NRGBA{0xff, 0xff, 0xff, 0xff})); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "app.manifest"), manifest, 0o666); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p.resources(version, icons), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "winres.json"), text, 0o666)
}

// resources returns the contents of winres.json: types of resources, in them names, and
// in them languages.
func (p program) resources(version string, icons []string) any {
	const neutral, english = "0000", "0409"
	type object = map[string]any
	number := numeric(version)
	return object{
		"RT_GROUP_ICON": object{"APP": object{neutral: icons}},
		"RT_MANIFEST":   object{"#1": object{english: "app.manifest"}},
		"RT_VERSION": object{"#1": object{neutral: object{
			"fixed": object{"file_version": number, "product_version": number},
			"info": object{english: object{
				"FileDescription":  p.description,
				"FileVersion":      version,
				"InternalName":     p.name,
				"OriginalFilename": p.name + ".exe",
				"ProductName":      "techsh",
				"ProductVersion":   version,
			}},
		}}},
	}
}

// numeric returns the version as the four numbers of which Windows makes use. A version
// of Go has three.
func numeric(version string) string {
	m := regexp.MustCompile(`^v(\d+\.\d+\.\d+)`).FindStringSubmatch(version)
	if m == nil {
		return "0.0.0.0"
	}
	return m[1] + ".0"
}
