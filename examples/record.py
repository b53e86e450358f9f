#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes expected/NAME.json: what Linux makes of each example.

For an accepted program: what every packet of mixed.pcap returned (or the name of the errno: Linux runs no socket
buffer program over an IPv4 or IPv6 packet shorter than its header) and what stood in the maps afterwards. For a rejected
one: the errno and the verifier's log. Needs root, a kernel with bpf(2), and libbpf.so.1. Nothing is attached.

Maps are shown as (key, value) in hex, per-CPU values as the sum over the CPUs of 64-bit words, ring buffers as the
records in them. Fields named time_ns (the first 8 bytes of a ring buffer record) are blanked.
"""
import collections
import ctypes
import errno
import glob
import json
import mmap
import os
import platform
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NR_BPF = {'x86_64': 321, 'aarch64': 280}[os.uname().machine]
MAP_LOOKUP, MAP_GET_NEXT_KEY, PROG_TEST_RUN, OBJ_GET_INFO = 1, 4, 10, 15
PERCPU_ARRAY, PROG_ARRAY, RINGBUF = 6, 3, 27
# The entry program of objects with several.
ENTRY = {'dispatcher': 'dispatcher'}

libc = ctypes.CDLL(None, use_errno=True)
libbpf = ctypes.CDLL('libbpf.so.1', use_errno=True)
for name in ('bpf_object__open_file', 'bpf_object__next_program', 'bpf_object__next_map',
             'bpf_program__name', 'bpf_map__name'):
    getattr(libbpf, name).restype = ctypes.c_void_p
PRINT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
silent = PRINT(lambda *_: 0)
libbpf.libbpf_set_print(silent)


def bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr, len(attr))
    result = libc.syscall(NR_BPF, command, buffer, len(attr))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buffer.raw


def packets():
    data = open(os.path.join(HERE, 'mixed.pcap'), 'rb').read()
    at = 24
    while at < len(data):
        length, = struct.unpack_from('<I', data, at + 8)
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def test_run(fd, packet):
    data = ctypes.create_string_buffer(packet, len(packet))
    out = ctypes.create_string_buffer(4096)
    attr = struct.pack('<IIIIQQ', fd, 0, len(packet), len(out), ctypes.addressof(data), ctypes.addressof(out))
    try:
        _, attr = bpf(PROG_TEST_RUN, attr + bytes(48))
    except OSError as error:
        return errno.errorcode[error.errno], packet
    retval, _, size = struct.unpack_from('<III', attr, 4)
    return retval, out.raw[:size]


def possible_cpus():
    text = open('/sys/devices/system/cpu/possible').read().strip()
    return int(text.split('-')[-1]) + 1


def map_info(fd):
    info = ctypes.create_string_buffer(88)
    bpf(OBJ_GET_INFO, struct.pack('<IIQ', fd, len(info), ctypes.addressof(info)))
    return dict(zip(('type', 'id', 'key_size', 'value_size', 'max_entries'), struct.unpack_from('<5I', info.raw)))


def ring_records(fd, size):
    page = mmap.PAGESIZE
    ring = mmap.mmap(fd, page + 2 * size, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED, offset=page)
    producer, = struct.unpack_from('<Q', ring, 0)
    at, records = 0, []
    while at < producer:
        length, = struct.unpack_from('<I', ring, page + at)
        length &= 0x3fffffff
        record = bytearray(ring[page + at + 8:page + at + 8 + length])
        record[:8] = bytes(8)
        records.append(record.hex())
        at += (length + 8 + 7) & ~7
    return records


def entries(fd, info):
    key = None
    value_size = info['value_size']
    if info['type'] == PERCPU_ARRAY:
        value_size = (value_size + 7) // 8 * 8 * possible_cpus()
    while True:
        new, value = ctypes.create_string_buffer(info['key_size']), ctypes.create_string_buffer(value_size)
        try:
            bpf(MAP_GET_NEXT_KEY, struct.pack('<IIQQ', fd, 0, ctypes.addressof(key) if key else 0,
                                              ctypes.addressof(new)))
        except OSError:
            return
        key = new
        try:
            bpf(MAP_LOOKUP, struct.pack('<IIQQQ', fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))
        except OSError:
            continue
        words = value.raw
        if info['type'] == PERCPU_ARRAY:
            each = len(words) // possible_cpus()
            per_cpu = [struct.unpack_from('<%dQ' % (each // 8), words, i * each) for i in range(possible_cpus())]
            words = struct.pack('<%dQ' % (each // 8), *(sum(column) for column in zip(*per_cpu)))
        yield key.raw.hex(), words.hex()


def each(object_, next_):
    item = None
    while True:
        item = next_(ctypes.c_void_p(object_), ctypes.c_void_p(item))
        if not item:
            return
        yield item


def text_of(function, item):
    return ctypes.string_at(function(ctypes.c_void_p(item))).decode()


def record(path):
    name = os.path.basename(path)[:-len('.bpf.o')]
    object_ = libbpf.bpf_object__open_file(path.encode(), None)
    programs = list(each(object_, libbpf.bpf_object__next_program))
    log = ctypes.create_string_buffer(1 << 20)
    for program in programs:
        libbpf.bpf_program__set_log_buf(ctypes.c_void_p(program), log, ctypes.c_size_t(len(log)))
    error = libbpf.bpf_object__load(ctypes.c_void_p(object_))
    out = {'object': os.path.basename(path), 'kernel': platform.release().split('-')[0]}
    if error:
        out |= {'verdict': 'reject', 'errno': -error, 'log': log.value.decode().splitlines()}
    else:
        entry = ENTRY.get(name, name)
        fd = next(libbpf.bpf_program__fd(ctypes.c_void_p(p)) for p in programs
                  if text_of(libbpf.bpf_program__name, p) == entry)
        runs = [(packet, *test_run(fd, packet)) for packet in packets()]
        maps = {}
        for item in each(object_, libbpf.bpf_object__next_map):
            map_fd = libbpf.bpf_map__fd(ctypes.c_void_p(item))
            info = map_info(map_fd)
            if info['type'] == PROG_ARRAY:
                continue
            if info['type'] == RINGBUF:
                content = ring_records(map_fd, info['max_entries'])
            else:
                content = dict(sorted(entries(map_fd, info)))
            maps[text_of(libbpf.bpf_map__name, item)] = content
        out |= {'verdict': 'accept', 'program': entry,
                'retval_counts': {k: v for k, v in sorted(collections.Counter(str(r[1]) for r in runs).items())},
                'retvals': [r[1] for r in runs],
                'changed_packets': {str(i): r[2].hex() for i, r in enumerate(runs) if r[2] != r[0]},
                'maps': maps}
    libbpf.bpf_object__close(ctypes.c_void_p(object_))
    with open(os.path.join(HERE, 'expected', name + '.json'), 'w') as file:
        json.dump(out, file, indent=1)
        file.write('\n')
    print(name, out['verdict'], out.get('retval_counts', out.get('errno')))


def main():
    for path in sorted(glob.glob(os.path.join(HERE, '*.bpf.o'))):
        record(path)


if __name__ == '__main__':
    sys.exit(main())
