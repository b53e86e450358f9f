//! The seccomp filter: which calls are notified, which are refused, and that nothing else slips through.
//!
//! ```text
//! architecture not known               ENOSYS
//! native        x32 bit set            ENOSYS
//!               io_uring_setup         ENOSYS (its operations pass by no filter)
//!               one we look at         notify (some uses pass unseen: `Unseen`)
//!               else                   allow
//! compat        bpf and its kin        ENOSYS (i386 by int 0x80, 32-bit Arm)
//!               else                   allow
//! ```

use libc::sock_filter;

/// How much of a client's path calls the supervisor looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// What opens, makes and renames: the rest is native, in a mounted file system.
    Opens,
    /// All that takes a path: clients have no file system of ours.
    Paths,
}

/// Which of a call's uses go to the host unseen.
#[derive(Clone, Copy, Debug)]
enum Unseen {
    /// None.
    Never,
    /// Those where these bits of the argument's low word are so.
    If(Test),
    /// Those where they are not.
    Unless(Test),
}

#[derive(Clone, Copy, Debug)]
struct Test {
    arg: u8,
    bits: u32,
    are: u32,
}

/// A call the supervisor looks at.
#[derive(Clone, Copy, Debug)]
struct Seen {
    call: libc::c_long,
    unseen: Unseen,
}

const fn seen(call: libc::c_long) -> Seen {
    Seen {
        call,
        unseen: Unseen::Never,
    }
}

/// Compilers open include files with these flags, thousands for one that is there: 3 us each would be felt.
const fn seen_open(call: libc::c_long, flags: u8) -> Seen {
    let unseen = Unseen::If(Test {
        arg: flags,
        bits: !0,
        are: (libc::O_RDONLY | libc::O_NOCTTY) as u32,
    });
    Seen { call, unseen }
}

/// realpath(3) asks of every part of a path whether it is a link, with a buffer of this size (glibc).
const REALPATH_BUFFER: u32 = 1023;

const fn seen_readlink(call: libc::c_long, size: u8) -> Seen {
    let unseen = Unseen::If(Test {
        arg: size,
        bits: !0,
        are: REALPATH_BUFFER,
    });
    Seen { call, unseen }
}

/// Relative to a directory's descriptor these work as they are: it is a real one. fstat(2) is among them.
const fn seen_at_cwd(call: libc::c_long) -> Seen {
    let unseen = Unseen::Unless(Test {
        arg: 0,
        bits: !0,
        are: libc::AT_FDCWD as u32,
    });
    Seen { call, unseen }
}

/// Handles are mapped shared, and nothing else that is common is: libraries are mapped privately.
const MMAP: Seen = Seen {
    call: libc::SYS_mmap,
    unseen: Unseen::Unless(Test {
        arg: 3,
        bits: (libc::MAP_SHARED | libc::MAP_ANONYMOUS) as u32,
        are: libc::MAP_SHARED as u32,
    }),
};

/// PERF_EVENT_IOC_* have a letter of their own.
const PERF_IOCTL: Seen = Seen {
    call: libc::SYS_ioctl,
    unseen: Unseen::Unless(Test {
        arg: 1,
        bits: 0xff00,
        are: (b'$' as u32) << 8,
    }),
};

/// Waiting for no file is sleeping.
const fn seen_poll(call: libc::c_long) -> Seen {
    let unseen = Unseen::If(Test {
        arg: 1,
        bits: !0,
        are: 0,
    });
    Seen { call, unseen }
}

/// Calls the supervisor always looks at.
const ALWAYS: &[Seen] = &[
    seen(libc::SYS_bpf),
    seen(libc::SYS_perf_event_open),
    PERF_IOCTL,
    MMAP,
    seen(libc::SYS_epoll_create1),
    seen(libc::SYS_epoll_ctl),
    #[cfg(not(target_arch = "x86_64"))]
    seen(libc::SYS_epoll_pwait),
    seen_poll(libc::SYS_ppoll),
    seen(libc::SYS_uname),
    seen(libc::SYS_capget),
    seen(libc::SYS_capset),
    seen(libc::SYS_statfs),
    seen(libc::SYS_fstatfs),
    seen(libc::SYS_mount),
    seen(libc::SYS_umount2),
    seen(libc::SYS_fsopen),
    seen_readlink(libc::SYS_readlinkat, 3),
    seen_open(libc::SYS_openat, 2),
    seen(libc::SYS_openat2),
    seen(libc::SYS_mkdirat),
    seen(libc::SYS_mknodat),
    seen(libc::SYS_symlinkat),
    seen(libc::SYS_linkat),
    seen(libc::SYS_renameat2),
    seen_at_cwd(libc::SYS_unlinkat),
    seen(libc::SYS_renameat),
];

/// The same by their older names.
#[cfg(target_arch = "x86_64")]
const ALWAYS_OLD: &[Seen] = &[
    seen(libc::SYS_epoll_create),
    // Level-triggered loops use this one; edges, which epoll_pwait is used for, need no correction.
    seen(libc::SYS_epoll_wait),
    seen_poll(libc::SYS_poll),
    seen_readlink(libc::SYS_readlink, 2),
    seen_open(libc::SYS_open, 1),
    seen(libc::SYS_creat),
    seen(libc::SYS_mkdir),
    seen(libc::SYS_mknod),
    seen(libc::SYS_symlink),
    seen(libc::SYS_link),
    seen(libc::SYS_rename),
    seen(libc::SYS_unlink),
    seen(libc::SYS_rmdir),
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_OLD: &[Seen] = &[];

/// Calls the supervisor looks at for [`Scope::Paths`].
const PATHS: &[Seen] = &[
    seen_at_cwd(libc::SYS_newfstatat),
    seen_at_cwd(libc::SYS_statx),
    seen_at_cwd(libc::SYS_faccessat),
    seen_at_cwd(libc::SYS_faccessat2),
    seen_at_cwd(libc::SYS_fchmodat),
    seen_at_cwd(libc::SYS_fchmodat2),
    seen_at_cwd(libc::SYS_fchownat),
    seen_at_cwd(libc::SYS_utimensat),
    seen(libc::SYS_truncate),
    seen(libc::SYS_chdir),
    seen(libc::SYS_getcwd),
    seen(libc::SYS_setxattr),
    seen(libc::SYS_lsetxattr),
    seen(libc::SYS_getxattr),
    seen(libc::SYS_lgetxattr),
    seen(libc::SYS_listxattr),
    seen(libc::SYS_llistxattr),
];

/// The same by their older names.
#[cfg(target_arch = "x86_64")]
const PATHS_OLD: &[Seen] = &[
    seen(libc::SYS_stat),
    seen(libc::SYS_lstat),
    seen(libc::SYS_access),
    seen(libc::SYS_chmod),
    seen(libc::SYS_chown),
    seen(libc::SYS_lchown),
    seen(libc::SYS_utime),
    seen(libc::SYS_utimes),
];
#[cfg(not(target_arch = "x86_64"))]
const PATHS_OLD: &[Seen] = &[];

/// What the supervisor looks at.
fn looked_at(scope: Scope) -> impl Iterator<Item = &'static Seen> {
    let paths: [&[Seen]; 2] = match scope {
        Scope::Opens => [&[], &[]],
        Scope::Paths => [PATHS, PATHS_OLD],
    };
    let all = [ALWAYS, ALWAYS_OLD].into_iter().chain(paths);
    all.flatten()
}

/// Calls that would reach the subsystem around us.
const REFUSED: &[libc::c_long] = &[libc::SYS_io_uring_setup];

/// `AUDIT_ARCH_*` of this architecture, and of the one whose calls its kernel also takes.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURES: (u32, u32) = (0xc000_003e, 0x4000_0003);
#[cfg(target_arch = "aarch64")]
const ARCHITECTURES: (u32, u32) = (0xc000_00b7, 0x4000_0028);

/// bpf, io_uring_setup of the other architecture.
#[cfg(target_arch = "x86_64")]
const COMPAT_REFUSED: &[u32] = &[357, 425];
#[cfg(target_arch = "aarch64")]
const COMPAT_REFUSED: &[u32] = &[386, 425];

/// The bit of x32 call numbers.
const X32: u32 = 0x4000_0000;

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

const NOTIFY: u32 = libc::SECCOMP_RET_USER_NOTIF;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const NO_SUCH_CALL: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

const fn statement(code: u32, k: u32) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
}

const fn load(offset: u32) -> sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

const fn answer(action: u32) -> sock_filter {
    statement(libc::BPF_RET | libc::BPF_K, action)
}

/// Skips `skip` instructions unless the accumulator is `k`.
const fn unless_equal(k: u32, skip: u8) -> sock_filter {
    sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: 0,
        jf: skip,
        k,
    }
}

/// Keeps only the bits `k`.
const fn mask(k: u32) -> sock_filter {
    statement(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, k)
}

/// Where the low word of an argument is.
const fn low_word(arg: u8) -> u32 {
    let at = 16 + 8 * arg as u32;
    if cfg!(target_endian = "big") {
        at + 4
    } else {
        at
    }
}

/// Notifies a call, but for its unseen uses. Leaves the number in the accumulator for what follows.
fn look(seen: &Seen) -> Vec<sock_filter> {
    let number = seen.call as u32;
    let (test, so, not_so) = match seen.unseen {
        Unseen::Never => return vec![unless_equal(number, 1), answer(NOTIFY)],
        Unseen::If(test) => (test, ALLOW, NOTIFY),
        Unseen::Unless(test) => (test, NOTIFY, ALLOW),
    };
    vec![
        unless_equal(number, 5),
        load(low_word(test.arg)),
        mask(test.bits),
        unless_equal(test.are, 1),
        answer(so),
        answer(not_so),
    ]
}

/// Skips `skip` instructions unless the accumulator has one of the bits `k`.
const fn unless_any(k: u32, skip: u8) -> sock_filter {
    sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16,
        jt: 0,
        jf: skip,
        k,
    }
}

/// Skips an instruction if the accumulator is `k`.
const fn if_equal(k: u32) -> sock_filter {
    sock_filter {
        jt: 1,
        jf: 0,
        ..unless_equal(k, 0)
    }
}

/// The filter.
pub(crate) fn program(scope: Scope) -> Vec<sock_filter> {
    let (native, compat) = ARCHITECTURES;
    let when = |number: u32, action: u32| [unless_equal(number, 1), answer(action)];

    let mut native_part = vec![load(NUMBER), unless_any(X32, 1), answer(NO_SUCH_CALL)];
    native_part.extend(
        REFUSED
            .iter()
            .flat_map(|call| when(*call as u32, NO_SUCH_CALL)),
    );
    native_part.extend(looked_at(scope).flat_map(look));
    native_part.push(answer(ALLOW));

    let mut compat_part = vec![load(NUMBER)];
    compat_part.extend(
        COMPAT_REFUSED
            .iter()
            .flat_map(|call| when(*call, NO_SUCH_CALL)),
    );
    compat_part.push(answer(ALLOW));

    let mut all = vec![load(ARCHITECTURE)];
    // Far shorter than a jump reaches, unlike the native part.
    all.push(unless_equal(compat, compat_part.len() as u8));
    all.extend(compat_part);
    all.extend([if_equal(native), answer(NO_SUCH_CALL)]);
    all.extend(native_part);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter on a call.
    fn verdict(architecture: u32, number: u32) -> u32 {
        with_args(Scope::Paths, architecture, number, [0; 6])
    }

    fn with_args(scope: Scope, architecture: u32, number: u32, args: [u32; 6]) -> u32 {
        let program = program(scope);
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let insn = program[at];
            at += 1;
            match u32::from(insn.code) {
                code if code == libc::BPF_RET | libc::BPF_K => return insn.k,
                code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                    accumulator = match insn.k {
                        NUMBER => number,
                        ARCHITECTURE => architecture,
                        k => args[(k as usize - 16) / 8],
                    };
                }
                code if code == libc::BPF_ALU | libc::BPF_AND | libc::BPF_K => {
                    accumulator &= insn.k;
                }
                code => {
                    let hit = if code & 0xf0 == libc::BPF_JEQ {
                        accumulator == insn.k
                    } else {
                        accumulator & insn.k != 0
                    };
                    at += usize::from(if hit { insn.jt } else { insn.jf });
                }
            }
        }
    }

    #[test]
    fn bpf_is_notified_and_its_back_doors_are_shut() {
        let (native, compat) = ARCHITECTURES;
        assert_eq!(verdict(native, libc::SYS_bpf as u32), NOTIFY);
        assert_eq!(verdict(native, libc::SYS_fsopen as u32), NOTIFY);
        assert_eq!(verdict(native, libc::SYS_read as u32), ALLOW);
        assert_eq!(
            verdict(native, libc::SYS_io_uring_setup as u32),
            NO_SUCH_CALL
        );
        assert_eq!(verdict(native, libc::SYS_bpf as u32 | X32), NO_SUCH_CALL);
        assert_eq!(verdict(native, X32), NO_SUCH_CALL);
        assert_eq!(verdict(compat, COMPAT_REFUSED[0]), NO_SUCH_CALL);
        assert_eq!(verdict(compat, 1), ALLOW);
        assert_eq!(verdict(0xc000_0016, 1), NO_SUCH_CALL);
    }

    #[test]
    fn frequent_calls_that_cannot_matter_pass() {
        let native = ARCHITECTURES.0;
        let open = |flags: i32| {
            let args = [0, 0, flags as u32, 0, 0, 0];
            with_args(Scope::Opens, native, libc::SYS_openat as u32, args)
        };
        assert_eq!(open(libc::O_RDONLY | libc::O_CLOEXEC), NOTIFY);
        assert_eq!(open(libc::O_RDONLY | libc::O_NOCTTY), ALLOW);
        assert_eq!(open(libc::O_DIRECTORY | libc::O_NOCTTY), NOTIFY);
        assert_eq!(
            open(libc::O_WRONLY | libc::O_CREAT | libc::O_NOCTTY),
            NOTIFY
        );
        let link = |size| {
            let args = [0, 0, 0, size, 0, 0];
            with_args(Scope::Opens, native, libc::SYS_readlinkat as u32, args)
        };
        assert_eq!(link(256), NOTIFY);
        assert_eq!(link(REALPATH_BUFFER), ALLOW);
        let stat = |scope, directory: i32| {
            let args = [directory as u32, 0, 0, 0, 0, 0];
            with_args(scope, native, libc::SYS_newfstatat as u32, args)
        };
        assert_eq!(stat(Scope::Paths, libc::AT_FDCWD), NOTIFY);
        assert_eq!(stat(Scope::Paths, 3), ALLOW);
        assert_eq!(stat(Scope::Opens, libc::AT_FDCWD), ALLOW);
    }
}
