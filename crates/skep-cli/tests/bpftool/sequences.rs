//! The sequences. Names of maps begin with `skt_`: other maps of the machine are left out where all are listed.

/// Steps that run one after the other in one session.
pub(crate) struct Sequence {
    pub(crate) name: &'static str,
    /// For the shell, in a folder with the repository's example objects.
    pub(crate) steps: &'static [&'static str],
}

impl Sequence {
    pub(crate) fn named(name: &str) -> &'static Self {
        ALL.iter()
            .find(|sequence| sequence.name == name)
            .expect("a sequence of that name")
    }
}

pub(crate) const ALL: &[Sequence] = &[
    Sequence {
        name: "map",
        steps: &[
            "bpftool -j map create /sys/fs/bpf/h type hash key 4 value 8 entries 4 name skt_h",
            "bpftool -j map create /sys/fs/bpf/a type array key 4 value 12 entries 3 name skt_a",
            "bpftool -j map create /sys/fs/bpf/p type percpu_array key 4 value 8 entries 2 name skt_p",
            "bpftool -j map create /sys/fs/bpf/q type queue value 4 entries 2 name skt_q",
            "bpftool -j map create /sys/fs/bpf/h type hash key 4 value 8 entries 4 name skt_again",
            "bpftool -j map create /sys/fs/bpf/w type array key 3 value 8 entries 4 name skt_wrong",
            "bpftool -j map show pinned /sys/fs/bpf/h",
            "bpftool -j map show name skt_a",
            "bpftool -j map show",
            "bpftool -j map update pinned /sys/fs/bpf/h key 1 0 0 0 value 1 2 3 4 5 6 7 8",
            "bpftool -j map update pinned /sys/fs/bpf/h key 1 0 0 0 value 1 2 3 4 5 6 7 9 noexist",
            "bpftool -j map update pinned /sys/fs/bpf/h key 2 0 0 0 value 1 2 3 4 5 6 7 9 exist",
            "bpftool -j map update pinned /sys/fs/bpf/a key 3 0 0 0 value 1 2 3 4 5 6 7 8 9 10 11 12",
            "bpftool -j map update pinned /sys/fs/bpf/p key 1 0 0 0 value 1 2 3 4 5 6 7 8",
            "bpftool -j map lookup pinned /sys/fs/bpf/h key 1 0 0 0",
            "bpftool -j map lookup pinned /sys/fs/bpf/h key 9 0 0 0",
            "bpftool -j map lookup pinned /sys/fs/bpf/p key 1 0 0 0",
            "bpftool -j map getnext pinned /sys/fs/bpf/h",
            "bpftool -j map getnext pinned /sys/fs/bpf/h key 1 0 0 0",
            "bpftool -j map dump pinned /sys/fs/bpf/h",
            "bpftool -j map dump pinned /sys/fs/bpf/a",
            "bpftool -j map dump pinned /sys/fs/bpf/p",
            "bpftool -j map enqueue pinned /sys/fs/bpf/q value 1 2 3 4",
            "bpftool -j map peek pinned /sys/fs/bpf/q",
            "bpftool -j map dequeue pinned /sys/fs/bpf/q",
            "bpftool -j map dequeue pinned /sys/fs/bpf/q",
            "bpftool -j map delete pinned /sys/fs/bpf/h key 1 0 0 0",
            "bpftool -j map delete pinned /sys/fs/bpf/h key 1 0 0 0",
            "bpftool -j map delete pinned /sys/fs/bpf/a key 0 0 0 0",
            "bpftool -j map freeze pinned /sys/fs/bpf/h",
            "bpftool -j map freeze pinned /sys/fs/bpf/h",
            "bpftool -j map update pinned /sys/fs/bpf/h key 1 0 0 0 value 1 2 3 4 5 6 7 8",
            "bpftool -j map pin pinned /sys/fs/bpf/h /sys/fs/bpf/h2",
            "bpftool -j map pin pinned /sys/fs/bpf/h /sys/fs/bpf/h2",
            "bpftool -j map show pinned /sys/fs/bpf/h2",
            "bpftool -j map show pinned /sys/fs/bpf/nothing",
        ],
    },
    Sequence {
        name: "prog",
        steps: &[
            "bpftool -j prog load block_list.bpf.o /sys/fs/bpf/bl",
            "bpftool -j prog load missing_null_check.bpf.o /sys/fs/bpf/bad",
            "bpftool -j prog loadall packet_counter.bpf.o /sys/fs/bpf/pc",
            "bpftool -j prog loadall dispatcher.bpf.o /sys/fs/bpf/dp",
            "ls -1 /sys/fs/bpf/pc /sys/fs/bpf/dp",
            "bpftool -j prog show pinned /sys/fs/bpf/bl",
            "bpftool -j prog show pinned /sys/fs/bpf/pc/packet_counter",
            "for p in /sys/fs/bpf/dp/*; do bpftool -j prog show pinned $p; done",
            "bpftool -j prog show",
            "bpftool -j prog dump xlated pinned /sys/fs/bpf/bl",
            "bpftool -j prog dump xlated pinned /sys/fs/bpf/bl opcodes",
            "bpftool prog dump xlated pinned /sys/fs/bpf/bl linum",
            "bpftool -j prog dump xlated pinned /sys/fs/bpf/pc/packet_counter",
            "bpftool prog dump xlated pinned /sys/fs/bpf/pc/packet_counter visual",
            "for p in /sys/fs/bpf/dp/*; do bpftool -j prog dump xlated pinned $p opcodes; done",
            "bpftool -j prog run pinned /sys/fs/bpf/bl data_in zeros",
            "bpftool -j prog run pinned /sys/fs/bpf/bl data_in zeros repeat 10",
            "bpftool -j prog run pinned /sys/fs/bpf/pc/packet_counter data_in zeros",
            "bpftool -j prog pin pinned /sys/fs/bpf/bl /sys/fs/bpf/bl2",
            "bpftool -j prog pin pinned /sys/fs/bpf/bl /sys/fs/bpf/bl2",
            "bpftool -j prog show pinned /sys/fs/bpf/bl2",
            "bpftool -j prog show pinned /sys/fs/bpf/nothing",
        ],
    },
    Sequence {
        name: "btf",
        steps: &[
            "bpftool -j prog load block_list.bpf.o /sys/fs/bpf/bl",
            "bpftool -j btf show",
            "bpftool -j btf show id $(bpftool -j prog show pinned /sys/fs/bpf/bl | sed 's/.*\"btf_id\":\\([0-9]*\\).*/\\1/')",
            "bpftool -j btf dump prog pinned /sys/fs/bpf/bl",
            "bpftool btf dump prog pinned /sys/fs/bpf/bl format c",
            "bpftool -j btf dump id 1 > /dev/null",
            "bpftool -j btf dump file block_list.bpf.o",
        ],
    },
    Sequence {
        name: "link",
        steps: &["bpftool -j link show", "bpftool -j link show id 4294967294"],
    },
    Sequence {
        name: "feature",
        steps: &["bpftool -j feature probe"],
    },
    Sequence {
        name: "files",
        steps: &[
            "bpftool -j map create /sys/fs/bpf/h type hash key 4 value 8 entries 4 name skt_h",
            "bpftool -j map pin pinned /sys/fs/bpf/h /sys/fs/bpf/h2",
            "stat -f -c %T /sys/fs/bpf",
            "ls -1 /sys/fs/bpf",
            "stat -c '%A %h %n' /sys/fs/bpf/h",
            "mkdir /sys/fs/bpf/dir",
            "stat -c '%A %n' /sys/fs/bpf /sys/fs/bpf/dir",
            "mkdir /sys/fs/bpf/dir.x",
            "mv /sys/fs/bpf/h2 /sys/fs/bpf/dir/h2",
            // Linux refuses to look at such a name already, so mv words it differently.
            "mv /sys/fs/bpf/h /sys/fs/bpf/dir/h.x 2> /dev/null",
            "ls -1R /sys/fs/bpf",
            "bpftool -j map show pinned /sys/fs/bpf/dir/h2",
            "rmdir /sys/fs/bpf/dir",
            "rm /sys/fs/bpf/dir/h2",
            "rm /sys/fs/bpf/dir/h2",
            "rmdir /sys/fs/bpf/dir",
            "cat /sys/fs/bpf/h",
            "touch /sys/fs/bpf/x",
            "rm /sys/fs/bpf/h",
            "bpftool -j map show pinned /sys/fs/bpf/h",
            "ls -1 /sys/fs/bpf",
        ],
    },
];
