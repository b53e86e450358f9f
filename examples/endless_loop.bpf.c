// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Linux rejects this program: it waits for user space, and nothing says that the wait ends.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Set from outside once the tables are filled. */
volatile __u32 ready;
__u64 rounds;

SEC("xdp")
int endless_loop(struct xdp_md *ctx)
{
	/* No round differs from the one before, as far as can be known from here. */
	while (!ready)
		;
	rounds++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
