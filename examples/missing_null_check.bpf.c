// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Linux rejects this program: it uses what a map look-up returned without asking whether anything was found.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct usage {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, struct usage);
} by_source SEC(".maps");

static __always_inline void account(__be32 address, __u64 bytes)
{
	struct usage *usage = bpf_map_lookup_elem(&by_source, &address);

	/* The entry of a source seen for the first time does not exist: `usage` may be NULL here. */
	usage->packets += 1;
	usage->bytes += bytes;
}

SEC("xdp")
int missing_null_check(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	account(ip->saddr, data_end - data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
