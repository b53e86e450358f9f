// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * One program per protocol, chosen by a tail call.
 *
 * The entry program looks at the Ethernet and IP headers and jumps through `handlers`, which the loader fills from
 * the initialiser below. A protocol without a handler falls through, as a tail call to an empty slot does.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ICMP_ECHO 8

/* <linux/icmp.h> pulls in the C library, which has no BPF target. */
struct icmphdr {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 rest;
};

enum handler {
	HANDLER_TCP,
	HANDLER_UDP,
	HANDLER_ICMP,
	HANDLER_OTHER, /* stays empty */
	HANDLERS,
};

struct stats {
	__u64 tcp_syn;
	__u64 tcp_other;
	__u64 dns;
	__u64 udp_other;
	__u64 icmp_echo;
	__u64 icmp_other;
	__u64 unhandled;
	__u64 malformed;
};

struct stats stats;

/* The transport header of an IPv4 packet, `size` bytes of which are there; else NULL. */
static __always_inline void *transport(struct xdp_md *ctx, __u64 size)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	void *header;

	if ((void *)(ip + 1) > data_end || ip->ihl < 5)
		return NULL;
	header = (void *)ip + ip->ihl * 4;
	return header + size <= data_end ? header : NULL;
}

static __noinline int malformed(void)
{
	__sync_fetch_and_add(&stats.malformed, 1);
	return XDP_DROP;
}

SEC("xdp")
int handle_tcp(struct xdp_md *ctx)
{
	struct tcphdr *tcp = transport(ctx, sizeof(*tcp));

	if (!tcp)
		return malformed();
	if (tcp->syn && !tcp->ack)
		__sync_fetch_and_add(&stats.tcp_syn, 1);
	else
		__sync_fetch_and_add(&stats.tcp_other, 1);
	return XDP_PASS;
}

SEC("xdp")
int handle_udp(struct xdp_md *ctx)
{
	struct udphdr *udp = transport(ctx, sizeof(*udp));

	if (!udp)
		return malformed();
	if (udp->dest == bpf_htons(53) || udp->source == bpf_htons(53))
		__sync_fetch_and_add(&stats.dns, 1);
	else
		__sync_fetch_and_add(&stats.udp_other, 1);
	return XDP_PASS;
}

/* Exchanges the Ethernet addresses in place: an echo request goes back where it came from. */
static __noinline int reflect(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u8 address[ETH_ALEN];

	if ((void *)(eth + 1) > data_end)
		return XDP_ABORTED;
	__builtin_memcpy(address, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, address, ETH_ALEN);
	return XDP_TX;
}

SEC("xdp")
int handle_icmp(struct xdp_md *ctx)
{
	struct icmphdr *icmp = transport(ctx, sizeof(*icmp));

	if (!icmp)
		return malformed();
	if (icmp->type == ICMP_ECHO) {
		__sync_fetch_and_add(&stats.icmp_echo, 1);
		return reflect(ctx);
	}
	__sync_fetch_and_add(&stats.icmp_other, 1);
	return XDP_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HANDLERS);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} handlers SEC(".maps") = {
	.values = {
		[HANDLER_TCP] = &handle_tcp,
		[HANDLER_UDP] = &handle_udp,
		[HANDLER_ICMP] = &handle_icmp,
	},
};

static __noinline __u32 handler_of(__u8 ip_protocol)
{
	switch (ip_protocol) {
	case IPPROTO_TCP:
		return HANDLER_TCP;
	case IPPROTO_UDP:
		return HANDLER_UDP;
	case IPPROTO_ICMP:
		return HANDLER_ICMP;
	default:
		return HANDLER_OTHER;
	}
}

SEC("xdp")
int dispatcher(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) <= data_end && eth->h_proto == bpf_htons(ETH_P_IP))
		bpf_tail_call(ctx, &handlers, handler_of(ip->protocol));

	__sync_fetch_and_add(&stats.unhandled, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
