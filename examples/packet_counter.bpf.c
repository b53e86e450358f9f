// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Counts packets: how many, of which protocol, of which size.
 *
 * A hash holds one entry per protocol seen, a per-CPU array a histogram of sizes, and global variables (.bss) the
 * totals. Packets too short to parse are dropped, everything else passes.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_VLAN_TAGS 2
#define SIZE_BUCKETS 6 /* < 64, < 128, < 256, < 512, < 1024, the rest */

struct vlan_header {
	__be16 tag;
	__be16 ethertype;
};

struct protocol {
	__u16 ethertype;
	__u8 ip_protocol;
	__u8 vlan_tags;
};

struct counts {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct protocol);
	__type(value, struct counts);
} by_protocol SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SIZE_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} by_size SEC(".maps");

__u64 total_packets;
__u64 total_bytes;
__u32 truncated;

static void count_size(__u64 bytes)
{
	__u32 bucket = 0;
	__u64 *packets;

	for (int i = 0; i < SIZE_BUCKETS - 1; i++)
		if (bytes >= 64ull << i)
			bucket = i + 1;

	packets = bpf_map_lookup_elem(&by_size, &bucket);
	if (packets)
		*packets += 1;
}

static void count_protocol(const struct protocol *protocol, __u64 bytes)
{
	struct counts *counts = bpf_map_lookup_elem(&by_protocol, protocol);
	struct counts first = { .packets = 1, .bytes = bytes };

	if (!counts) {
		bpf_map_update_elem(&by_protocol, protocol, &first, BPF_NOEXIST);
		return;
	}
	__sync_fetch_and_add(&counts->packets, 1);
	__sync_fetch_and_add(&counts->bytes, bytes);
}

/* Fills in what the packet is; -1 if it ends too early. */
static int parse(void *data, void *data_end, struct protocol *protocol)
{
	struct ethhdr *eth = data;
	void *next = eth + 1;

	if (next > data_end)
		return -1;
	protocol->ethertype = bpf_ntohs(eth->h_proto);

	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct vlan_header *vlan = next;

		if (protocol->ethertype != ETH_P_8021Q && protocol->ethertype != ETH_P_8021AD)
			break;
		next = vlan + 1;
		if (next > data_end)
			return -1;
		protocol->ethertype = bpf_ntohs(vlan->ethertype);
		protocol->vlan_tags++;
	}

	if (protocol->ethertype == ETH_P_IP) {
		struct iphdr *ip = next;

		if ((void *)(ip + 1) > data_end)
			return -1;
		protocol->ip_protocol = ip->protocol;
	} else if (protocol->ethertype == ETH_P_IPV6) {
		struct ipv6hdr *ip6 = next;

		if ((void *)(ip6 + 1) > data_end)
			return -1;
		protocol->ip_protocol = ip6->nexthdr;
	}
	return 0;
}

SEC("xdp")
int packet_counter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct protocol protocol = {};
	__u64 bytes = data_end - data;

	__sync_fetch_and_add(&total_packets, 1);
	__sync_fetch_and_add(&total_bytes, bytes);
	count_size(bytes);

	if (parse(data, data_end, &protocol) < 0) {
		__sync_fetch_and_add(&truncated, 1);
		return XDP_DROP;
	}
	count_protocol(&protocol, bytes);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
