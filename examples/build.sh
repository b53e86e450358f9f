#!/usr/bin/env bash
# Rebuilds the objects beside the sources. Debian: apt-get install clang-19 libbpf-dev linux-libc-dev
set -eu
cd "$(dirname "$0")"
CLANG=${CLANG:-clang-19}
for source in *.bpf.c; do
	# The prefix map keeps the builder's directory out of the debug information.
	"$CLANG" -g -O2 -Wall -Werror -target bpf -mcpu=v3 -ffile-prefix-map="$PWD"=examples \
		-fdebug-compilation-dir=examples -isystem "/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "${source%.c}.o"
done
