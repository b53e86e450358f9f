#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Assembles src/*.txt and writes what the running kernel says: units/skep.jsonl, log2/skep.jsonl, btf/*.btf.

Needs root. `--only REGEX` prints verdict and log of the programs that match and writes nothing.

A source file holds programs, each under a line `=== NAME accept|reject`. Then come, not indented, header keys and
comments (`;`), then instructions, indented, and labels (asm.py). The keys:
    type: sched_cls            default socket_filter
    attach: 1                  expected_attach_type
    flags: 4                   prog_flags
    license: MIT               default GPL
    mode: unpriv               load without capabilities, with kernel.unprivileged_bpf_disabled 0 while recording
    map NAME: hash 4 8 1       type, key size, value size, entries; then flags=, inner=, value0=, frozen, lock
    func LABEL: global int(ptr)   gives the program BTF and function records; parameters int, ctx, ptr; or static
    run: 0011..                test run input besides 64 zero bytes; may be repeated; none: the value is an address
The verdict behind the name is the author's; a kernel that disagrees stops the recording.
"""
import argparse
import ctypes
import glob
import json
import os
import platform
import re
import struct
import sys

import asm

HERE = os.path.dirname(os.path.abspath(__file__))
NR_BPF = {'x86_64': 321, 'aarch64': 280}[os.uname().machine]
MAP_CREATE, MAP_UPDATE, PROG_LOAD, TEST_RUN, BTF_LOAD, MAP_FREEZE = 0, 2, 5, 10, 18, 22
PROG_TYPES = {'socket_filter': 1, 'kprobe': 2, 'sched_cls': 3, 'tracepoint': 5, 'xdp': 6, 'perf_event': 7, 'cgroup_skb': 8,
              'cgroup_sock': 9, 'raw_tracepoint': 17, 'cgroup_sock_addr': 18, 'syscall': 31}
MAP_TYPES = {'hash': 1, 'array': 2, 'prog_array': 3, 'perf_event_array': 4, 'percpu_hash': 5, 'percpu_array': 6,
             'array_of_maps': 12, 'hash_of_maps': 13, 'ringbuf': 27}
RUNNABLE = {1, 3, 6}
ADDRESS = re.compile(r'0xffff[89a-d][0-9a-f]{11}\b')
STATISTICS = re.compile(r'^(verification time|stack depth|processed) ')
SYSCTL = '/proc/sys/kernel/unprivileged_bpf_disabled'
libc = ctypes.CDLL(None, use_errno=True)
log_buffer = ctypes.create_string_buffer(16 << 20)


def bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr, len(attr))
    result = libc.syscall(NR_BPF, command, buffer, len(attr))
    return (result if result >= 0 else -ctypes.get_errno()), buffer.raw


def must(command, attr):
    result, _ = bpf(command, attr)
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


class Btf:
    """BTF under construction: raw types and strings."""

    def __init__(self):
        self.types, self.strings, self.count = b'', b'\0', 0

    def string(self, text):
        at = len(self.strings)
        self.strings += text.encode() + b'\0'
        return at if text else 0

    def add(self, name, kind, size_or_type, *, vlen=0, tail=b''):
        self.types += struct.pack('<III', self.string(name), kind << 24 | vlen, size_or_type) + tail
        self.count += 1
        return self.count

    def int_(self, name, size, signed):
        return self.add(name, 1, size, tail=struct.pack('<I', signed << 24 | size * 8))

    def struct_(self, name, size, members):
        tail = b''.join(struct.pack('<III', self.string(n), t, bits) for n, t, bits in members)
        return self.add(name, 4, size, vlen=len(members), tail=tail)

    def blob(self):
        head = struct.pack('<HBBIIIII', 0xeb9f, 1, 0, 24, 0, len(self.types), len(self.types), len(self.strings))
        return head + self.types + self.strings


def lock_btf():
    """struct value { __u64 count; struct bpf_spin_lock lock; }: key type 1, value type 4."""
    btf = Btf()
    int_, u64 = btf.int_('int', 4, 1), btf.int_('unsigned long', 8, 0)
    lock = btf.struct_('bpf_spin_lock', 4, [('val', int_, 0)])
    btf.struct_('value', 16, [('count', u64, 0), ('lock', lock, 64)])
    return btf.blob()


def func_btf(functions):
    """BTF of the functions of a program; gives the blob and their type ids in order."""
    btf = Btf()
    int_ = btf.int_('int', 4, 1)
    context = btf.add('__sk_buff', 7, 0)
    kinds = {'int': int_, 'ctx': btf.add('', 2, context), 'ptr': btf.add('', 2, int_)}
    ids = []
    for label, linkage, params in functions:
        tail = b''.join(struct.pack('<II', btf.string(f'a{i}'), kinds[p]) for i, p in enumerate(params))
        proto = btf.add('', 13, int_, vlen=len(params), tail=tail)
        ids.append(btf.add(label, 12, proto, vlen={'static': 0, 'global': 1}[linkage]))
    return btf.blob(), ids


def parse_map(name, text):
    kind, key, value, entries, *options = text.split()
    spec = {'name': name, 'type': MAP_TYPES[kind], 'key_size': int(key), 'value_size': int(value),
            'max_entries': int(entries), 'flags': 0, 'map_extra': 0, 'btf': None, 'btf_key_type_id': 0,
            'btf_value_type_id': 0, 'btf_vmlinux_value_type_id': 0, 'frozen': False}
    for option in options:
        word, _, argument = option.partition('=')
        if word == 'lock': spec |= {'btf': 'lock', 'btf_key_type_id': 1, 'btf_value_type_id': 4}
        elif word == 'frozen': spec['frozen'] = True
        elif word == 'flags': spec['flags'] = int(argument, 0)
        elif word == 'value0': spec['value0'] = argument
        elif word == 'inner': spec['inner'] = argument
        else: raise SyntaxError(f'no such map option: {option}')
    return spec


def programs():
    for path in sorted(glob.glob(f'{HERE}/src/*.txt')):
        concern, program = os.path.basename(path)[:-4], None
        for number, line in enumerate(open(path), 1):
            line = line.rstrip()
            if line.startswith('==='):
                if program: yield program
                _, name, verdict = line.split()
                program = {'object': concern, 'program': name, 'wanted': verdict, 'lines': [], 'keys': {}, 'maps': {},
                           'functions': [], 'runs': []}
            elif not line or line.startswith(';'): continue
            elif line[0] == ' ' or re.fullmatch(r'\w+:', line): program['lines'].append(line)
            elif match := re.fullmatch(r'map (\w+): (.*)', line): program['maps'][match[1]] = parse_map(*match.groups())
            elif match := re.fullmatch(r'func (\w+): (\w+) int\((.*)\)', line):
                program['functions'].append((match[1], match[2], [p.strip() for p in match[3].split(',') if p]))
            elif match := re.fullmatch(r'run: (none|[0-9a-f]+)', line): program['runs'].append(match[1])
            elif match := re.fullmatch(r'(type|attach|flags|license|mode): (.*)', line):
                program['keys'][match[1]] = match[2]
            else: raise SyntaxError(f'{path}:{number}: {line}')
        if program: yield program


def unit_of(program, blobs):
    keys, maps = program['keys'], program['maps']
    code, labels = asm.assemble(program['lines'], maps)
    for spec in maps.values():
        if 'inner' in spec: spec['inner'] = list(maps).index(spec['inner'])
    unit = {'corpus': 'skep', 'object': program['object'], 'program': program['program'], 'idx': 0,
            'mode': keys.get('mode', 'priv'), 'prog_type': PROG_TYPES[keys.get('type', 'socket_filter')],
            'expected_attach_type': int(keys.get('attach', 0)), 'prog_flags': int(keys.get('flags', '0'), 0),
            'attach_btf_id': 0, 'attach_prog_or_btf_fd': 0, 'prog_ifindex': 0, 'kern_version': 0,
            'attr_prog_name': re.sub(r'\W', '_', program['program'])[:15], 'license': keys.get('license', 'GPL'),
            'insn_cnt': len(code) // 8, 'insns': code.hex(), 'btf': None, 'func_info_rec_size': 8, 'func_info': '',
            'line_info_rec_size': 16, 'line_info': '', 'maps': list(maps.values())}
    if program['functions']:
        blob, ids = func_btf(program['functions'])
        starts = [labels.get(label, 0) for label, _, _ in program['functions']]
        unit['btf'] = f"{program['object']}-{program['program']}"
        unit['func_info'] = b''.join(struct.pack('<II', *pair) for pair in zip(starts, ids)).hex()
        blobs[unit['btf']] = blob
    if any(spec['btf'] == 'lock' for spec in maps.values()): blobs['lock'] = lock_btf()
    return unit


class Stage:
    """The descriptors of one unit, open until the end of the with block."""

    def __init__(self, unit, blobs):
        self.unit, self.blobs, self.fds = unit, blobs, []

    def keep(self, fd):
        self.fds.append(fd)
        return fd

    def btf(self, name):
        if not name: return 0
        blob = ctypes.create_string_buffer(self.blobs[name], len(self.blobs[name]))
        return self.keep(must(BTF_LOAD, struct.pack('<QQIIII', ctypes.addressof(blob), 0, len(blob), 0, 0, 0)))

    def __enter__(self):
        self.maps = []
        for m in self.unit['maps']:
            inner = self.maps[m['inner']] if 'inner' in m else 0
            fd = self.keep(must(MAP_CREATE, struct.pack(
                '<IIIIIII16sIIIIIQ', m['type'], m['key_size'], m['value_size'], m['max_entries'], m['flags'], inner, 0,
                m['name'].encode(), 0, self.btf(m['btf']), m['btf_key_type_id'], m['btf_value_type_id'], 0, 0)))
            self.maps.append(fd)
            if 'value0' in m:
                key, value = ctypes.create_string_buffer(4), bytes.fromhex(m['value0'])
                value = ctypes.create_string_buffer(value, len(value))
                must(MAP_UPDATE, struct.pack('<IIQQQ', fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))
            if m['frozen']: must(MAP_FREEZE, struct.pack('<I', fd))
        self.prog_btf = self.btf(self.unit['btf'])
        return self

    def __exit__(self, *_):
        for fd in self.fds: os.close(fd)

    def load(self, level):
        """(fd or negative errno, log)."""
        unit, code = self.unit, bytearray.fromhex(self.unit['insns'])
        i = 0
        while i < len(code) // 8:
            if code[i * 8] == 0x18:
                if code[i * 8 + 1] >> 4 in (1, 2):
                    k, = struct.unpack_from('<i', code, i * 8 + 4)
                    struct.pack_into('<i', code, i * 8 + 4, self.maps[k])
                i += 1
            i += 1
        buffers = [ctypes.create_string_buffer(data, len(data) or 1) for data in
                   (bytes(code), unit['license'].encode() + b'\0', bytes.fromhex(unit['func_info']))]
        insns, license_, func = map(ctypes.addressof, buffers)
        count = len(unit['func_info']) // 16
        log_buffer[0] = b'\0'
        attr = struct.pack('<IIQQIIQII16sIIIIQIIQIIIIQ', unit['prog_type'], len(code) // 8, insns, license_, level,
                           len(log_buffer), ctypes.addressof(log_buffer), 0, unit['prog_flags'],
                           unit['attr_prog_name'].encode(), 0, unit['expected_attach_type'], self.prog_btf,
                           8, func if count else 0, count, 16, 0, 0, 0, 0, 0, 0)
        result, _ = bpf(PROG_LOAD, attr)
        return result, log_buffer.value.decode('latin1')


def last_lines(log):
    lines = [re.sub(r'verification time \d+ usec$', '', line) for line in log.splitlines()]
    return '\n'.join([l for l in lines if l.strip() and not l.startswith('; ') and not STATISTICS.match(l)][-2:])


def test_run(fd, packet):
    data = ctypes.create_string_buffer(packet, len(packet))
    result, attr = bpf(TEST_RUN, struct.pack('<IIIIQ', fd, 0, len(packet), 0, ctypes.addressof(data)) + bytes(56))
    if result < 0: raise OSError(-result, 'test_run')
    return struct.unpack_from('<I', attr, 4)[0]


def ask(unit, blobs, runs):
    """The kernel's answer as fields of a unit, and the level 2 log."""
    with Stage(unit, blobs) as stage:
        fd, log = stage.load(4)
        answer = {'verdict': 'accept' if fd >= 0 else 'reject', 'errno': max(0, -fd)}
        for key, pattern in (('processed_insns', r'processed (\d+) insns'), ('total_states', r'total_states (\d+)'),
                             ('peak_states', r'peak_states (\d+)')):
            if match := re.search(pattern, log): answer[key] = int(match[1])
        if match := re.search(r'stack depth (\S+)', log): answer['stack_depth'] = match[1]
        if fd >= 0:
            if unit['prog_type'] in RUNNABLE and unit['mode'] == 'priv' and runs != ['none']:
                inputs = [bytes(64).hex()] + runs
                answer['runs'] = [{'data': data} for data in inputs]
                answer['run_retvals'] = [test_run(fd, bytes.fromhex(data)) for data in inputs]
            os.close(fd)
        else:
            answer['last_error_line'] = last_lines(log)
            short = last_lines(stage.load(1)[1])
            if short != answer['last_error_line']: answer['last_error_line2'] = short
        fd, states = stage.load(2)
        if fd >= 0: os.close(fd)
        return answer, ADDRESS.sub('0xffff888000000000', states)


def ask_without_capabilities(unit, blobs):
    """The same in a child that gave up its capabilities once the maps stood."""
    def drop(stage):
        read, write = os.pipe()
        child = os.fork()
        if not child:
            libc.setresgid(65534, 65534, 65534)
            libc.setresuid(65534, 65534, 65534)
            (fd, log), (_, short), (_, states) = stage.load(4), stage.load(1), stage.load(2)
            with os.fdopen(write, 'w') as out: json.dump([fd, log, short, states], out)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answers: result = json.load(answers)
        os.waitpid(child, 0)
        return result

    before = open(SYSCTL).read()
    open(SYSCTL, 'w').write('0')
    try:
        with Stage(unit, blobs) as stage: fd, log, short, states = drop(stage)
    finally:
        open(SYSCTL, 'w').write(before)
    answer = {'verdict': 'accept' if fd >= 0 else 'reject', 'errno': max(0, -fd)}
    if match := re.search(r'processed (\d+) insns', log): answer['processed_insns'] = int(match[1])
    if fd < 0:
        answer['last_error_line'] = last_lines(log)
        if last_lines(short) != answer['last_error_line']: answer['last_error_line2'] = last_lines(short)
    return answer, ADDRESS.sub('0xffff888000000000', states)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only')
    only = parser.parse_args().only
    units, logs, all_blobs, wrong = [], [], {}, []
    for program in programs():
        name = f"{program['object']}/{program['program']}"
        if only and not re.search(only, name): continue
        blobs = {}
        try:
            unit = unit_of(program, blobs)
            answer, log = ask(unit, blobs, program['runs']) if unit['mode'] == 'priv' else \
                ask_without_capabilities(unit, blobs)
        except (SyntaxError, KeyError, OSError, struct.error) as error:
            wrong.append(f'{name}: {type(error).__name__} {error}')
            continue
        unit |= answer
        if only: print(f"--- {name}: errno {answer['errno']} {answer.get('run_retvals', '')}\n{log}")
        if answer['verdict'] != program['wanted']:
            wrong.append(f"{name}: {answer['verdict']}, {answer.get('last_error_line')!r}")
        units.append(unit)
        if answer.get('processed_insns', 0) <= 500 and len(log) <= 20000 and unit['mode'] == 'priv':
            logs.append({'object': unit['object'], 'program': unit['program'], 'idx': 0, 'errno': unit['errno'], 'log': log})
        all_blobs |= blobs
    counts = {v: sum(u['verdict'] == v for u in units) for v in ('accept', 'reject')}
    print(f'{len(units)} programs on Linux {platform.release()}: {counts}', *wrong, sep='\n')
    if only or wrong: return int(bool(wrong))
    for directory, rows in (('units', units), ('log2', logs)):
        with open(f'{HERE}/{directory}/skep.jsonl', 'w') as out:
            out.writelines(json.dumps(row) + '\n' for row in rows)
    for name, blob in all_blobs.items(): open(f'{HERE}/btf/{name}.btf', 'wb').write(blob)
    return 0


if __name__ == '__main__':
    sys.exit(main())
