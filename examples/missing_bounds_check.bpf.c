// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Linux rejects this program: it reads the TCP header behind IP options without asking whether the packet is that
 * long. The check of the fixed IP header does not cover it, because `ihl` may say up to 60 bytes.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} https_packets SEC(".maps");

SEC("xdp")
int missing_bounds_check(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp;
	__u32 zero = 0;
	__u64 *packets;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->protocol != IPPROTO_TCP)
		return XDP_PASS;

	tcp = (void *)ip + ip->ihl * 4;
	if (tcp->dest == bpf_htons(443)) {
		packets = bpf_map_lookup_elem(&https_packets, &zero);
		if (packets)
			__sync_fetch_and_add(packets, 1);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
