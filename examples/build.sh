#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Rebuilds the objects beside the sources. Debian: apt-get install clang-19 libbpf-dev linux-libc-dev
set -eu
# From the root, so that the debug information names examples/NAME.bpf.c wherever the repository is.
cd "$(dirname "$0")/.."
CLANG=${CLANG:-clang-19}
for source in examples/*.bpf.c; do
	"$CLANG" -g -O2 -Wall -Werror -target bpf -mcpu=v3 -fdebug-compilation-dir=. \
		-isystem "/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "${source%.c}.o"
done
