# For newcomers: `make demo` finds the people in a photo, `make test` runs the whole suite. Both install Debian's
# packages first where some are missing (as root, or through sudo). The build itself is meson's.

all: build
	ninja -C build

build:
	meson setup build

demo:
	scripts/demo

test:
	scripts/test

.PHONY: all demo test
