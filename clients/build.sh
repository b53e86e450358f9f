#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Rebuilds the object beside its source. Debian: apt-get install clang-19 libbpf-dev linux-libc-dev
set -eu
cd "$(dirname "$0")/.."
"${CLANG:-clang-19}" -g -O2 -Wall -Werror -target bpf -mcpu=v3 -fdebug-compilation-dir=. \
	-isystem "/usr/include/$(uname -m)-linux-gnu" -c clients/events.bpf.c -o clients/events.bpf.o
