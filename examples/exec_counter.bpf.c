// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Counts the programs a system starts, by user: a raw tracepoint, which `skep fire` fires.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} by_user SEC(".maps");

__u64 events;
__u64 last_pid;

/* Arguments: struct task_struct *, pid_t old_pid, struct linux_binprm *. */
SEC("raw_tp/sched_process_exec")
int count_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 user = bpf_get_current_uid_gid();
	__u64 one = 1, *count;

	events++;
	last_pid = ctx->args[1];
	count = bpf_map_lookup_elem(&by_user, &user);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&by_user, &user, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
