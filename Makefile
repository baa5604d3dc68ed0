# For newcomers. The build itself is meson's, and packages use meson directly (with debhelper: dh $@ --buildsystem=meson).
#
#   make demo      installs the packages it needs, builds the command, gets the weights, finds the people in two photos
#   make test      the same set-up, then the whole test suite, twice: release and sanitizers; with clang the library's tests
#   make           builds everything in build/
#   make install   installs to /usr/local, or with DESTDIR and PREFIX elsewhere
#   make clean     removes build/, build-sanitize/, build-clang/ and build-fuzz/
#   make help      prints this

PREFIX ?= /usr/local

all: build
	ninja -C build

build:
	meson setup build --prefix $(PREFIX)

demo:
	scripts/demo

test:
	scripts/test

install: all
	meson install -C build --no-rebuild

clean:
	rm -rf build build-sanitize build-clang build-fuzz

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

.PHONY: all demo test install clean help
