//! Arguments that PROG_TEST_RUN refuses, and outputs that do not fit.

use skep_uapi::attr::ProgTestRunAttr;
use skep_uapi::{ProgType, UserPtr};

use crate::harness::{Case, agree};

type Change = fn(&mut ProgTestRunAttr);

const CHANGES: [Change; 27] = [
    |attr| attr.data_size_in = 13,
    |attr| attr.data_size_in = 0,
    |attr| attr.data_size_in = 1 << 31,
    |attr| attr.data_in = UserPtr::NULL,
    |attr| attr.data_in = UserPtr(8),
    |attr| attr.data_out = UserPtr::NULL,
    |attr| attr.data_out = UserPtr(8),
    |attr| attr.data_size_out = 0,
    |attr| attr.data_size_out = 10,
    |attr| attr.data_size_out = 64,
    |attr| attr.data_size_out = 63,
    |attr| attr.ctx_out = UserPtr(8),
    |attr| attr.ctx_out = UserPtr::NULL,
    |attr| attr.ctx_size_out = 0,
    |attr| attr.ctx_size_out = 10,
    |attr| attr.ctx_in = UserPtr(8),
    |attr| (attr.ctx_in, attr.ctx_size_in) = (UserPtr(8), 8),
    |attr| attr.ctx_size_in = 8,
    |attr| (attr.ctx_in, attr.ctx_size_in) = (UserPtr(8), 100_000),
    |attr| attr.flags = 1,
    |attr| attr.flags = 8,
    |attr| attr.cpu = 1,
    |attr| attr.batch_size = 1,
    |attr| attr.repeat = 3,
    |attr| attr.duration = 5,
    |attr| attr.pad = [1; 4],
    |attr| attr.prog_fd = 9999,
];

#[test]
fn bad_arguments() {
    for prog_type in [
        ProgType::SchedCls,
        ProgType::SocketFilter,
        ProgType::Xdp,
        ProgType::Syscall,
    ] {
        for (index, attr) in CHANGES.into_iter().enumerate() {
            let mut case = Case::new(prog_type, "r0 = 3\nexit");
            case.maps.clear();
            if prog_type == ProgType::Syscall {
                (case.data_out, case.ctx_out) = (0, 0);
                case.data.clear();
            }
            // Durations differ from run to run.
            case.attr = attr;
            eprintln!("{prog_type} with change {index}");
            agree(&case);
        }
    }
}

#[test]
fn types_without_a_handler() {
    for prog_type in [
        ProgType::Kprobe,
        ProgType::Tracepoint,
        ProgType::SockOps,
        ProgType::CgroupDevice,
    ] {
        let mut case = Case::new(prog_type, "r0 = 0\nexit");
        case.maps.clear();
        assert_eq!(agree(&case).errno, Some(skep_uapi::Errno::ENOTSUPP));
    }
}

#[test]
fn sizes_of_packets() {
    for prog_type in [ProgType::SchedCls, ProgType::SocketFilter, ProgType::Xdp] {
        for len in [
            14, 15, 33, 34, 35, 53, 54, 3456, 3457, 3520, 3521, 3712, 3713, 20000, 73152, 73153,
        ] {
            for proto in [[8, 0], [0x86, 0xdd], [8, 6]] {
                let mut case = Case::new(prog_type, "r0 = 3\nexit");
                case.maps.clear();
                case.data = vec![0; len];
                case.data_out = 80_000;
                case.data[12..14].copy_from_slice(&proto);
                agree(&case);
            }
        }
    }
}

#[test]
fn values_returned() {
    for prog_type in [ProgType::SchedCls, ProgType::SocketFilter, ProgType::Xdp] {
        let mut case = Case::new(prog_type, "r0 = 0x1122334455667788 ll\nexit");
        case.maps.clear();
        assert_eq!(agree(&case).retval, 0x5566_7788);
    }
}
