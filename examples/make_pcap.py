#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes mixed.pcap: Ethernet frames of several protocols, some of them cut short. The same bytes every time."""
import os
import struct

HOST, PEER = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')
IPV4, ARP, VLAN, QINQ, IPV6, LLDP = 0x0800, 0x0806, 0x8100, 0x88a8, 0x86dd, 0x88cc
ICMP, TCP, UDP, SCTP, ICMPV6 = 1, 6, 17, 132, 58
SYN, ACK, PSH, FIN = 2, 16, 8, 1


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return bytes(int(part) for part in text.split('.'))


def ethernet(ethertype, payload, tags=()):
    head = HOST + PEER
    for tpid, vlan in tags:
        head += struct.pack('!HH', tpid, vlan)
    return head + struct.pack('!H', ethertype) + payload


def ipv4(protocol, source, destination, payload, options=b''):
    ihl = 5 + len(options) // 4
    head = struct.pack('!BBHHHBBH', 0x40 | ihl, 0, ihl * 4 + len(payload), 1, 0x4000, 64, protocol, 0)
    head += address(source) + address(destination) + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def ipv6(protocol, payload):
    ends = bytes.fromhex('fd000000000000000000000000000001fd000000000000000000000000000002')
    return struct.pack('!IHBB', 6 << 28, len(payload), protocol, 64) + ends + payload


def tcp(source, destination, flags, payload=b''):
    return struct.pack('!HHIIBBHHH', source, destination, 1000, 0, 5 << 4, flags, 64240, 0, 0) + payload


def udp(source, destination, payload):
    return struct.pack('!HHHH', source, destination, 8 + len(payload), 0) + payload


def icmp(kind, payload):
    body = struct.pack('!BBHHH', kind, 0, 0, 7, 1) + payload
    return body[:2] + struct.pack('!H', checksum(body)) + body[4:]


def text(length):
    return bytes(ord('a') + i % 26 for i in range(length))


def frames():
    here = '10.0.0.1'
    # A web client: handshake, a request, a long answer, the end.
    for flags, length in ((SYN, 0), (ACK, 0), (ACK | PSH, 120), (ACK, 1400), (ACK, 1400), (ACK, 600), (ACK | FIN, 0)):
        yield ethernet(IPV4, ipv4(TCP, '10.0.0.2', here, tcp(40000, 443, flags, text(length))))
    # Somebody tries telnet, then everything else.
    for port in (23, 80, 443, 22, 8080):
        yield ethernet(IPV4, ipv4(TCP, '203.0.113.9', here, tcp(51000 + port, port, SYN)))
    yield ethernet(IPV4, ipv4(UDP, '203.0.113.9', here, udp(51000, 53, text(30))))
    # Name queries and answers.
    for i in range(6):
        yield ethernet(IPV4, ipv4(UDP, '10.0.0.3', here, udp(33000 + i, 53, text(24 + i))))
        yield ethernet(IPV4, ipv4(UDP, '10.0.0.53', here, udp(53, 33000 + i, text(80 + 40 * i))))
    # Other datagrams; one source touches a trap port over UDP.
    for i, port in enumerate((123, 5353, 1900, 3389, 4500)):
        yield ethernet(IPV4, ipv4(UDP, f'192.0.2.{10 + i % 4}', here, udp(20000, port, text(48 * i))))
    yield ethernet(IPV4, ipv4(UDP, '192.0.2.13', here, udp(20000, 4500, text(10))))
    # Echo requests, an answer, an unreachable host.
    for kind in (8, 8, 8, 0, 3):
        yield ethernet(IPV4, ipv4(ICMP, '10.0.0.2', here, icmp(kind, text(56))))
    # IP options move the transport header.
    yield ethernet(IPV4, ipv4(TCP, '10.0.0.4', here, tcp(40001, 80, SYN), options=b'\x94\x04\0\0'))
    yield ethernet(IPV4, ipv4(UDP, '10.0.0.4', here, udp(40001, 53, text(9)), options=b'\x01' * 12))
    # A protocol nobody handles.
    yield ethernet(IPV4, ipv4(SCTP, '10.0.0.5', here, text(32)))
    # IPv6.
    for i in range(3):
        yield ethernet(IPV6, ipv6(TCP, tcp(41000 + i, 443, SYN)))
        yield ethernet(IPV6, ipv6(UDP, udp(41000 + i, 53, text(40))))
    yield ethernet(IPV6, ipv6(ICMPV6, bytes([135, 0, 0, 0]) + bytes(20)))
    # Address resolution and link discovery.
    for operation in (1, 2, 1):
        yield ethernet(ARP, struct.pack('!HHBBH', 1, IPV4, 6, 4, operation) + PEER + address('10.0.0.2')
                       + HOST + address(here) + bytes(18))
    yield ethernet(LLDP, bytes.fromhex('0207040200000000020403020001060200780000') + bytes(26))
    # VLAN tags: one, two, and three (more than most programs parse).
    for i in range(3):
        yield ethernet(IPV4, ipv4(UDP, '10.1.0.2', '10.1.0.1', udp(9000, 9000 + i, text(20))), [(VLAN, 100 + i)])
    yield ethernet(IPV6, ipv6(UDP, udp(9000, 9001, text(20))), [(QINQ, 200), (VLAN, 100)])
    yield ethernet(IPV4, ipv4(TCP, '10.1.0.2', '10.1.0.1', tcp(1, 2, SYN)), [(QINQ, 1), (VLAN, 2), (VLAN, 3)])
    # Cut short: inside TCP, UDP, ICMP, IPv6, a VLAN tag; two bytes of IPv6.
    yield ethernet(IPV4, ipv4(TCP, '10.0.0.6', here, tcp(40000, 443, SYN)))[:44]
    yield ethernet(IPV4, ipv4(UDP, '10.0.0.6', here, udp(40000, 53, text(9))))[:38]
    yield ethernet(IPV4, ipv4(ICMP, '10.0.0.6', here, icmp(8, b'')))[:35]
    yield ethernet(IPV6, ipv6(UDP, udp(1, 2, b'')))[:40]
    yield ethernet(IPV4, b'', [(VLAN, 5)])[:15]
    yield ethernet(IPV6, bytes(2))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'mixed.pcap'), 'wb') as out:
        # Version 2.4, microseconds, snap length 65535, link type Ethernet.
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        count = 0
        for frame in frames():
            out.write(struct.pack('<IIII', 1700000000 + count // 10, count % 10 * 1000, len(frame), len(frame)))
            out.write(frame)
            count += 1
    print(f'mixed.pcap: {count} packets')


if __name__ == '__main__':
    main()
