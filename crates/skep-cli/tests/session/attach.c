// SPDX-License-Identifier: MIT OR Apache-2.0
// A libbpf client as loaders are written: opens an object, attaches its first program, runs a command ($LINK is the id)
// while it is attached and one when it is not, and reads what the program counted after each.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int run_and_read(const char *command, int map)
{
	__u32 user = getuid();
	__u64 count = 0;

	if (system(command) || bpf_map_lookup_elem(map, &user, &count))
		return -1;
	printf("count %llu\n", (unsigned long long)count);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 4 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	struct bpf_link *link;
	char id[16];
	int map;

	if (!object || bpf_object__load(object))
		return 10;
	map = bpf_object__find_map_fd_by_name(object, "by_user");
	link = bpf_program__attach_raw_tracepoint(bpf_object__next_program(object, NULL), "sched_process_exec");
	if (!link)
		return 11;
	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) || info.type != BPF_LINK_TYPE_RAW_TRACEPOINT)
		return 12;
	snprintf(id, sizeof(id), "%u", info.id);
	setenv("LINK", id, 1);
	if (run_and_read(argv[2], map))
		return 13;
	bpf_link__destroy(link);
	if (run_and_read(argv[3], map))
		return 14;
	bpf_object__close(object);
	return 0;
}
