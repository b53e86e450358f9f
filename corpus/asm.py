# SPDX-License-Identifier: MIT OR Apache-2.0
"""A small assembler for the kernel's eBPF dialect, with labels, map names and function names.

assemble(lines, maps) gives (bytes, offsets of labels in instructions). Beyond what the verifier prints:
    NAME:                           a label; jumps and calls may name it
    r1 = map[NAME] ll               the map itself (ld_imm64, source 1, the index of the map as immediate)
    r1 = map[NAME]+8 ll             the address of byte 8 of its value (source 2)
    r1 = func[NAME] ll              a callback (source 4)
    call NAME                       a helper by name, else the subprogram at that label
    raw 0000000000000000            eight bytes as they are
"""
import re
import struct

HELPERS = {
    'map_lookup_elem': 1, 'map_update_elem': 2, 'map_delete_elem': 3, 'probe_read': 4, 'ktime_get_ns': 5,
    'trace_printk': 6, 'get_prandom_u32': 7, 'get_smp_processor_id': 8, 'skb_store_bytes': 9, 'tail_call': 12,
    'get_current_pid_tgid': 14, 'get_current_comm': 16, 'skb_vlan_push': 18, 'redirect': 23,
    'perf_event_output': 25, 'skb_load_bytes': 26, 'csum_diff': 28, 'skb_pull_data': 39, 'xdp_adjust_head': 44,
    'sk_lookup_tcp': 84, 'sk_release': 86, 'spin_lock': 93, 'spin_unlock': 94, 'strtol': 105,
    'probe_read_kernel': 113, 'ringbuf_output': 130, 'ringbuf_reserve': 131, 'ringbuf_submit': 132,
    'ringbuf_discard': 133, 'ringbuf_query': 134, 'snprintf': 165, 'for_each_map_elem': 164, 'loop': 181,
    'strncmp': 182, 'map_lookup_percpu_elem': 195, 'ktime_get_tai_ns': 208,
}
SIZES = {'u8': 0x10, 'u16': 0x08, 'u32': 0x00, 'u64': 0x18, 's8': 0x10, 's16': 0x08, 's32': 0x00}
ALU = {'+': 0x00, '-': 0x10, '*': 0x20, '/': 0x30, '|': 0x40, '&': 0x50, '<<': 0x60, '>>': 0x70, '%': 0x90,
       '^': 0xa0, 's>>': 0xc0, 's/': 0x30, 's%': 0x90}
JUMP = {'==': 0x10, '>': 0x20, '>=': 0x30, '&': 0x40, '!=': 0x50, 's>': 0x60, 's>=': 0x70, '<': 0xa0, '<=': 0xb0,
        's<': 0xc0, 's<=': 0xd0}
ATOMIC = {'+=': 0x00, '|=': 0x40, '&=': 0x50, '^=': 0xa0}
FETCH = {'add': 0x01, 'or': 0x41, 'and': 0x51, 'xor': 0xa1}

REG = r'([rw])(\d+)'
NUM = r'(-?(?:0x[0-9a-f]+|\d+))'
MEM = r'\((?:\()?([us]\d+) \*\)\(?r(\d+) ([+-]\d+)\)'


def number(text):
    return int(text, 0)


class Line:
    """One statement, told apart by regular expressions that must match it whole."""

    def __init__(self, text):
        self.text, self.match = text, None

    def is_(self, pattern):
        self.match = re.fullmatch(pattern, self.text)
        return self.match

    def __getitem__(self, group):
        return self.match[group]


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack('<BBhi', code & 0xff, dst | src << 4, off, (imm & 0xffffffff) - ((imm & 0x80000000) << 1))


def wide(dst, src, low, high=0):
    return insn(0x18, dst, src, 0, low) + insn(0, imm=high)


def clean(text):
    return re.sub(r'\s+', ' ', text.split(';')[0]).strip()


def assemble(lines, maps):
    statements, labels, at = [], {}, 0
    for text in filter(None, map(clean, lines)):
        if re.fullmatch(r'\w+:', text):
            labels[text[:-1]] = at
            continue
        statements.append((at, text))
        at += 2 if text.endswith(' ll') else 1
    return b''.join(one(Line(text), at, labels, maps) for at, text in statements), labels


def alu_class(register):
    return 0x07 if register == 'r' else 0x04


def one(s, at, labels, maps):
    def target(text):
        return int(text) if re.fullmatch(r'[+-]\d+', text) else labels[text] - at - 1

    if s.is_(r'raw ([0-9a-f]{16})'): return bytes.fromhex(s[1])
    if s.text == 'exit': return insn(0x95)
    if s.is_(r'r(\d+) = map\[(\w+)\] ll'): return wide(int(s[1]), 1, list(maps).index(s[2]))
    if s.is_(r'r(\d+) = map\[(\w+)\]([+-]\d+) ll'): return wide(int(s[1]), 2, list(maps).index(s[2]), int(s[3]))
    if s.is_(r'r(\d+) = func\[(\w+)\] ll'): return wide(int(s[1]), 4, labels[s[2]] - at - 1)
    if s.is_(rf'r(\d+) = {NUM} ll'):
        value = number(s[2]) & (1 << 64) - 1
        return wide(int(s[1]), 0, value & 0xffffffff, value >> 32)
    if s.is_(rf'{REG} = -{REG}') and s[2] == s[4]: return insn(0x80 | alu_class(s[1]), int(s[2]))
    if s.is_(rf'{REG} = {NUM}'): return insn(0xb0 | alu_class(s[1]), int(s[2]), imm=number(s[3]))
    if s.is_(rf'{REG} = (?:\(s(\d+)\) ?)?{REG}'):
        return insn(0xb8 | alu_class(s[1]), int(s[2]), int(s[5]), int(s[3] or 0))
    if s.is_(r'r(\d+) = (be|le|bswap)(\d+) r\1'):
        return insn({'be': 0xdc, 'le': 0xd4, 'bswap': 0xd7}[s[2]], int(s[1]), imm=int(s[3]))
    if s.is_(rf'{REG} (s?[-+*/%&|^]|<<|s?>>)= (?:{NUM}|{REG})'):
        signed = 1 if s[3] in ('s/', 's%') else 0
        if s[4]: return insn(ALU[s[3]] | alu_class(s[1]), int(s[2]), off=signed, imm=number(s[4]))
        return insn(ALU[s[3]] | 0x08 | alu_class(s[1]), int(s[2]), int(s[6]), signed)
    if s.is_(r'r0 = \*\((u\d+) \*\)skb\[(\d+)\]'): return insn(0x20 | SIZES[s[1]], imm=int(s[2]))
    if s.is_(r'r0 = \*\((u\d+) \*\)skb\[r(\d+) \+ ?(\d+)\]'): return insn(0x40 | SIZES[s[1]], 0, int(s[2]), 0, int(s[3]))
    if s.is_(rf'{REG} = \*{MEM}'):
        mode = 0x80 if s[3][0] == 's' else 0x60
        return insn(0x01 | mode | SIZES[s[3]], int(s[2]), int(s[4]), int(s[5]))
    if s.is_(rf'\*{MEM} = {REG}'): return insn(0x63 | SIZES[s[1]], int(s[2]), int(s[5]), int(s[3]))
    if s.is_(rf'\*{MEM} = {NUM}'): return insn(0x62 | SIZES[s[1]], int(s[2]), 0, int(s[3]), number(s[4]))
    if s.is_(rf'lock \*{MEM} ([+|&^]=) {REG}'):
        return insn(0xc3 | SIZES[s[1]], int(s[2]), int(s[6]), int(s[3]), ATOMIC[s[4]])
    if s.is_(rf'{REG} = atomic(?:64)?_fetch_(\w+)\({MEM}, {REG}\)'):
        return insn(0xc3 | SIZES[s[4]], int(s[5]), int(s[2]), int(s[6]), FETCH[s[3]])
    if s.is_(rf'{REG} = atomic(?:64)?_xchg\({MEM}, {REG}\)'):
        return insn(0xc3 | SIZES[s[3]], int(s[4]), int(s[2]), int(s[5]), 0xe1)
    if s.is_(rf'[rw]0 = atomic(?:64)?_cmpxchg\({MEM}, [rw]0, {REG}\)'):
        return insn(0xc3 | SIZES[s[1]], int(s[2]), int(s[5]), int(s[3]), 0xf1)
    if s.is_(rf'{REG} = load_acquire\({MEM}\)'): return insn(0xc3 | SIZES[s[3]], int(s[2]), int(s[4]), int(s[5]), 0x100)
    if s.is_(rf'store_release\({MEM}, {REG}\)'): return insn(0xc3 | SIZES[s[1]], int(s[2]), int(s[5]), int(s[3]), 0x110)
    if s.is_(r'goto (\S+)'): return insn(0x05, off=target(s[1]))
    if s.is_(r'gotol (\S+)'): return insn(0x06, imm=target(s[1]))
    if s.is_(r'may_goto (\S+)'): return insn(0xe5, off=target(s[1]))
    if s.is_(rf'if {REG} (s?[<>]=?|[=!]=|&) (?:{NUM}|{REG}) goto (\S+)'):
        code = JUMP[s[3]] | (0x05 if s[1] == 'r' else 0x06)
        if s[4]: return insn(code, int(s[2]), 0, target(s[7]), number(s[4]))
        return insn(code | 0x08, int(s[2]), int(s[6]), target(s[7]))
    if s.is_(r'call (\d+)'): return insn(0x85, imm=int(s[1]))
    if s.is_(r'call (\w+)'):
        if s[1] in labels: return insn(0x85, 0, 1, 0, labels[s[1]] - at - 1)
        return insn(0x85, imm=HELPERS[s[1]])
    raise SyntaxError(f'no such instruction: {s.text}')
