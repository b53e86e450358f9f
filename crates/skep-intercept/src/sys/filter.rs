//! The seccomp filter: which calls are notified, which are refused, and that nothing else slips through.
//!
//! ```text
//! architecture not known               ENOSYS
//! native        x32 bit set            ENOSYS
//!               io_uring_setup         ENOSYS (its operations pass by no filter)
//!               one of NOTIFIED        notify
//!               else                   allow
//! compat        bpf and its kin        ENOSYS (i386 by int 0x80, 32-bit Arm)
//!               else                   allow
//! ```

use libc::sock_filter;

/// Calls the supervisor looks at.
const NOTIFIED: &[libc::c_long] = &[
    libc::SYS_bpf,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_mount,
    libc::SYS_fsopen,
];

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

/// Skips `skip` instructions unless the accumulator has one of the bits `k`.
const fn unless_any(k: u32, skip: u8) -> sock_filter {
    sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16,
        jt: 0,
        jf: skip,
        k,
    }
}

/// The filter.
pub(crate) fn program() -> Vec<sock_filter> {
    let (native, compat) = ARCHITECTURES;
    let when = |number: u32, action: u32| [unless_equal(number, 1), answer(action)];

    let mut native_part = vec![load(NUMBER), unless_any(X32, 1), answer(NO_SUCH_CALL)];
    native_part.extend(
        REFUSED
            .iter()
            .flat_map(|call| when(*call as u32, NO_SUCH_CALL)),
    );
    native_part.extend(NOTIFIED.iter().flat_map(|call| when(*call as u32, NOTIFY)));
    native_part.push(answer(ALLOW));

    let mut compat_part = vec![load(NUMBER)];
    compat_part.extend(
        COMPAT_REFUSED
            .iter()
            .flat_map(|call| when(*call, NO_SUCH_CALL)),
    );
    compat_part.push(answer(ALLOW));

    let mut all = vec![load(ARCHITECTURE)];
    for (architecture, part) in [(native, native_part), (compat, compat_part)] {
        // Both parts are far shorter than a jump reaches.
        all.push(unless_equal(architecture, part.len() as u8));
        all.extend(part);
    }
    all.push(answer(NO_SUCH_CALL));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter on a call.
    fn verdict(architecture: u32, number: u32) -> u32 {
        let program = program();
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let insn = program[at];
            at += 1;
            match u32::from(insn.code) {
                code if code == libc::BPF_RET | libc::BPF_K => return insn.k,
                code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                    accumulator = [number, architecture][(insn.k / 4) as usize];
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
}
