// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Drops packets of sources that once touched a port nobody should touch.
 *
 * The ports and limits are read-only configuration (.rodata), the block list is a hash that the program fills itself
 * and a person may edit, and every decision is reported through a ring buffer.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TRAP_PORTS 4

enum action {
	ACTION_LISTED = 1,
	ACTION_DROPPED = 2,
};

struct source {
	__be32 address;
};

struct listing {
	__u32 dropped;
	__u16 port;
	__u8 ip_protocol;
	bool permanent;
};

struct event {
	__u64 time_ns;
	__be32 address;
	__u16 port;
	__u8 ip_protocol;
	__u8 action;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct source);
	__type(value, struct listing);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u16 trap_ports[TRAP_PORTS] = { 23, 2323, 3389, 445 };
const volatile __u32 permanent_after = 3;
const volatile bool report_drops = true;

__u64 passed;
__u64 dropped;
__u64 events_lost;

static void report(__be32 address, __u16 port, __u8 ip_protocol, enum action action)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&events_lost, 1);
		return;
	}
	event->time_ns = bpf_ktime_get_ns();
	event->address = address;
	event->port = port;
	event->ip_protocol = ip_protocol;
	event->action = action;
	bpf_ringbuf_submit(event, 0);
}

static bool is_trap(__u16 port)
{
	for (int i = 0; i < TRAP_PORTS; i++)
		if (trap_ports[i] == port)
			return true;
	return false;
}

/* The destination port, or 0 where there is none. */
static __u16 destination_port(struct iphdr *ip, void *data_end)
{
	void *transport = (void *)ip + ip->ihl * 4;

	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = transport;

		if ((void *)(tcp + 1) <= data_end)
			return bpf_ntohs(tcp->dest);
	} else if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = transport;

		if ((void *)(udp + 1) <= data_end)
			return bpf_ntohs(udp->dest);
	}
	return 0;
}

static bool is_blocked(struct iphdr *ip, __u16 port)
{
	struct source source = { .address = ip->saddr };
	struct listing *listing = bpf_map_lookup_elem(&blocked, &source);
	struct listing entry = { .port = port, .ip_protocol = ip->protocol };

	if (!listing) {
		if (!is_trap(port))
			return false;
		bpf_map_update_elem(&blocked, &source, &entry, BPF_ANY);
		report(ip->saddr, port, ip->protocol, ACTION_LISTED);
		return true;
	}
	listing->dropped++;
	if (listing->dropped >= permanent_after)
		listing->permanent = true;
	if (report_drops)
		report(ip->saddr, port, ip->protocol, ACTION_DROPPED);
	return true;
}

SEC("tc")
int block_list(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) <= data_end && eth->h_proto == bpf_htons(ETH_P_IP) &&
	    is_blocked(ip, destination_port(ip, data_end))) {
		__sync_fetch_and_add(&dropped, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&passed, 1);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
