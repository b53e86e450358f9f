#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A client in Python: bpf(2) through ctypes, ring buffer through mmap and select.epoll; no package beyond Python.

usage: client.py DIRECTORY EVENTS
"""
import ctypes
import errno
import mmap
import os
import select
import struct
import sys
import threading
import time

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
(MAP_CREATE, MAP_LOOKUP, MAP_UPDATE, MAP_DELETE, MAP_NEXT_KEY, PROG_LOAD, OBJ_PIN, OBJ_GET) = range(8)
PROG_TEST_RUN, GET_INFO, LOOKUP_BATCH = 10, 15, 24
HASH, ARRAY, RINGBUF = 1, 2, 27
XDP, XDP_PASS = 6, 2
NOEXIST = 1
KEYS, RING, PAGE = 200, 1 << 18, mmap.PAGESIZE
BURST, PAUSE = 10_000, 0.002

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    """One bpf(2); the attr comes back as the call left it."""
    buffer = ctypes.create_string_buffer(attr, 144)
    result = libc.syscall(SYS_BPF, command, buffer, len(buffer))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result, buffer.raw


def address(buffer):
    return ctypes.addressof(buffer)


def map_create(kind, key, value, entries):
    return bpf(MAP_CREATE, struct.pack("=5I", kind, key, value, entries, 0))[0]


def element(command, fd, key, value=None, flags=0):
    key_at = ctypes.create_string_buffer(key, len(key)) if key is not None else None
    attr = struct.pack("=IxxxxQQQ", fd, address(key_at) if key_at else 0, address(value) if value else 0, flags)
    bpf(command, attr)


def update(fd, key, value, flags=0):
    element(MAP_UPDATE, fd, key, ctypes.create_string_buffer(value, len(value)), flags)


def lookup(fd, key, size=8):
    value = ctypes.create_string_buffer(size)
    element(MAP_LOOKUP, fd, key, value)
    return value.raw


def keys(fd, size=4):
    key = None
    while True:
        following = ctypes.create_string_buffer(size)
        try:
            element(MAP_NEXT_KEY, fd, key, following)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return
            raise
        key = following.raw
        yield key


def refused(number, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == number, error
    else:
        raise AssertionError(f"{call.__name__} should have failed")


def elements():
    """Update, look-up, iteration, a batch, delete."""
    fd = map_create(HASH, 4, 8, 256)
    for key in range(KEYS):
        update(fd, struct.pack("=I", key), struct.pack("=Q", key * 3), NOEXIST)
    refused(errno.EEXIST, update, fd, bytes(4), bytes(8), NOEXIST)
    found = {key: lookup(fd, key) for key in keys(fd)}
    assert found == {struct.pack("=I", key): struct.pack("=Q", key * 3) for key in range(KEYS)}

    token, some_keys, values = (ctypes.create_string_buffer(n) for n in (4, 4 * 256, 8 * 256))
    attr = struct.pack("=QQQQIIQQ", 0, address(token), address(some_keys), address(values), 256, fd, 0, 0)
    # The end of the map is ENOENT, with all elements there.
    refused(errno.ENOENT, bpf, LOOKUP_BATCH, attr)
    assert {some_keys.raw[4 * i : 4 * i + 4] for i in range(KEYS)} == set(found)

    for key in found:
        element(MAP_DELETE, fd, key)
    refused(errno.ENOENT, lookup, fd, bytes(4))
    assert not list(keys(fd))
    os.close(fd)


def pins(directory):
    """Pins a map, opens it again by path, removes the pin."""
    fd = map_create(ARRAY, 4, 8, 1)
    path = os.path.join(directory, "python_state")
    name = ctypes.create_string_buffer(path.encode())
    bpf(OBJ_PIN, struct.pack("=QI", address(name), fd))
    update(fd, bytes(4), struct.pack("=Q", 7))
    again = bpf(OBJ_GET, struct.pack("=QI", address(name), 0))[0]
    assert lookup(again, bytes(4)) == struct.pack("=Q", 7)
    assert os.readlink(f"/proc/self/fd/{again}") == "anon_inode:bpf-map"
    os.unlink(path)
    refused(errno.ENOENT, bpf, OBJ_GET, struct.pack("=QI", address(name), 0))
    os.close(again)
    os.close(fd)


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("=BBhi", code, dst | src << 4, off, imm)


def emitter(state, ring):
    """A program: one numbered event into the ring; what finds no room is counted in the second element."""
    code = [
        insn(0x62, 10, off=-4),  # *(u32 *)(fp - 4) = 0
        insn(0xBF, 2, 10),
        insn(0x07, 2, imm=-4),
        insn(0x18, 1, 1, imm=state) + insn(0),
        insn(0x85, imm=1),  # map_lookup_elem
        insn(0x55, 0, off=2),  # if r0 != 0 goto +2
        insn(0xB7, 0),
        insn(0x95),
        insn(0xBF, 6, 0),  # r6 = the number of the next event
        insn(0x79, 1, 6),
        insn(0x7B, 10, 1, off=-16),  # *(u64 *)(fp - 16) = it
        insn(0x07, 1, imm=1),
        insn(0x7B, 6, 1),
        insn(0x18, 1, 1, imm=ring) + insn(0),
        insn(0xBF, 2, 10),
        insn(0x07, 2, imm=-16),
        insn(0xB7, 3, imm=8),
        insn(0xB7, 4),
        insn(0x85, imm=130),  # ringbuf_output
        insn(0xBF, 1, 0),
        insn(0xB7, 0, imm=XDP_PASS),
        insn(0x15, 1, off=1),  # if r1 == 0 goto exit
        insn(0xB7, 0),  # XDP_ABORTED: the ring is full
        insn(0x95),
    ]
    text = b"".join(code)
    insns, licence = ctypes.create_string_buffer(text, len(text)), ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(1 << 16)
    attr = struct.pack("=IIQQIIQ", XDP, len(text) // 8, address(insns), address(licence), 1, len(log), address(log))
    try:
        return bpf(PROG_LOAD, attr)[0]
    except OSError:
        sys.stderr.write(log.value.decode(errors="replace"))
        raise


class Reader(threading.Thread):
    """Takes events out of a ring buffer; sleeps in epoll_wait while there are none."""

    def __init__(self, fd, events):
        super().__init__()
        self.consumer = mmap.mmap(fd, PAGE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        self.producer = mmap.mmap(fd, PAGE + 2 * RING, mmap.MAP_SHARED, mmap.PROT_READ, offset=PAGE)
        # Aligned words at once, as the protocol wants: ctypes reads them so.
        self.consumed = ctypes.c_uint64.from_buffer(self.consumer)
        self.epoll = select.epoll()
        self.epoll.register(fd, select.EPOLLIN)
        self.seen = bytearray(events)
        self.received = self.wakes = self.wrong = 0
        self.done = False
        self.problem = None

    def run(self):
        try:
            while not self.done:
                self.epoll.poll(1)
                self.wakes += 1
                self.drain()
        except BaseException as problem:
            self.problem = problem

    def drain(self):
        position = self.consumed.value
        while True:
            (produced,) = struct.unpack_from("@Q", self.producer, 0)
            if position >= produced:
                return
            while position < produced:
                at = PAGE + position % RING
                (header,) = struct.unpack_from("@I", self.producer, at)
                if header >> 31:
                    return  # not committed yet
                size = header & 0x3FFF_FFFF
                if not header >> 30 & 1:
                    self.enter(struct.unpack_from("@Q", self.producer, at + 8)[0] if size == 8 else -1)
                position += (size + 8 + 7) & ~7
                self.consumed.value = position

    def enter(self, number):
        self.received += 1
        if 0 <= number < len(self.seen):
            self.seen[number] += 1
        else:
            self.wrong += 1


def cpu_time(thread):
    return time.clock_gettime(~thread.native_id << 3 | 6)


def ring(events):
    """Events by test runs, all of them taken out, the reader asleep between bursts."""
    state, fd = map_create(ARRAY, 4, 8, 1), map_create(RINGBUF, 0, 0, RING)
    prog = emitter(state, fd)
    reader = Reader(fd, events)
    reader.start()
    packet = ctypes.create_string_buffer(64)
    made = bursts = 0
    awake = watched = 0.0
    try:
        while made < events:
            repeat = min(BURST if bursts % 2 == 0 else 1, events - made)
            attr = struct.pack("=IIIIQQII", prog, 0, len(packet), 0, address(packet), 0, repeat, 0)
            left = struct.unpack_from("=I", bpf(PROG_TEST_RUN, attr)[1], 4)[0]
            assert left == XDP_PASS, "the ring was full"
            made += repeat
            bursts += 1
            start = time.monotonic()
            while reader.received < made:
                assert reader.problem is None, reader.problem
                assert time.monotonic() - start < 30, f"{reader.received} of {made} events arrived"
                time.sleep(0.0005)
            time.sleep(PAUSE)
            before, start = cpu_time(reader), time.monotonic()
            time.sleep(PAUSE)
            watched += time.monotonic() - start
            awake += cpu_time(reader) - before
    finally:
        reader.done = True
        reader.join()
    lost, doubled = reader.seen.count(0), sum(times > 1 for times in reader.seen)
    print(
        f"{reader.received} events in {bursts} bursts, {lost} lost, {doubled} doubled, {reader.wakes} wake-ups;"
        f" reader at work {awake * 1000:.1f} ms of {watched * 1000:.0f} ms between bursts"
    )
    assert lost == doubled == reader.wrong == 0 and reader.received == events
    assert awake * 20 < watched, "the reader does not sleep between bursts"


def main():
    directory, events = sys.argv[1], int(sys.argv[2])
    elements()
    pins(directory)
    ring(events)
    print("python: ok")


main()
