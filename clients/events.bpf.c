// SPDX-License-Identifier: MIT OR Apache-2.0
/* Numbered events into a ring buffer, and a count of runs by packet length: what all clients load. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* A constant of the loader, in a map of its own; no more than 100. */
const volatile __u32 events_per_run = 100;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* 0: the number of the next event; 1: events that found no room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

SEC("xdp")
int emit(struct xdp_md *ctx)
{
	__u32 length = (__u32)(ctx->data_end - ctx->data), first = 0, second = 1;
	__u64 *next, *lost, *count, one = 1;

	count = bpf_map_lookup_elem(&runs, &length);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&runs, &length, &one, BPF_ANY);

	next = bpf_map_lookup_elem(&state, &first);
	lost = bpf_map_lookup_elem(&state, &second);
	if (!next || !lost)
		return XDP_ABORTED;
	for (__u32 i = 0; i < 100 && i < events_per_run; i++) {
		__u64 *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		if (!event) {
			*lost += 1;
			continue;
		}
		*event = (*next)++;
		bpf_ringbuf_submit(event, 0);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
