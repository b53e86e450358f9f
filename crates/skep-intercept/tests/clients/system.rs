//! System calls by number, as a client makes them.
//!
//! # Safety
//!
//! Pointers given to calls are to live buffers of the caller, or numbers.
#![allow(unsafe_code)]

use std::io::Error;

/// The number of an error.
pub(crate) fn errno() -> i32 {
    Error::last_os_error().raw_os_error().unwrap()
}

/// bpf(2) with an attr of words: the value or the error number.
pub(crate) fn bpf(cmd: u32, attr: &mut [u32]) -> Result<i32, i32> {
    let size = size_of_val(attr);
    // SAFETY: see the header.
    match unsafe { libc::syscall(libc::SYS_bpf, cmd, attr.as_mut_ptr(), size) } {
        -1 => Err(errno()),
        value => Ok(value as i32),
    }
}

/// The two words of a pointer.
pub(crate) fn words<T>(value: &mut T) -> [u32; 2] {
    let at = (&raw mut *value).expose_provenance() as u64;
    [at as u32, (at >> 32) as u32]
}

/// A call with one number and zeros.
pub(crate) fn call(number: i64) -> Result<i64, i32> {
    // SAFETY: numbers only.
    match unsafe { libc::syscall(number, 0, 0, 0) } {
        -1 => Err(errno()),
        value => Ok(value),
    }
}

/// A call of the 32-bit table: what it leaves in the register.
#[cfg(target_arch = "x86_64")]
pub(crate) fn int80(number: i32) -> i32 {
    let mut result = number;
    // SAFETY: a call with NULL pointers; rbx is put back.
    unsafe {
        std::arch::asm!(
            "push rbx", "xor ebx, ebx", "int 0x80", "pop rbx",
            inout("eax") result, in("ecx") 0, in("edx") 0,
        );
    }
    result
}

/// Closes a descriptor.
pub(crate) fn close(fd: i32) {
    // SAFETY: scripts close what they opened.
    unsafe { libc::close(fd) };
}

/// A copy of a descriptor.
pub(crate) fn dup(fd: i32) -> i32 {
    // SAFETY: a number.
    unsafe { libc::dup(fd) }
}

/// Kills this process.
pub(crate) fn kill_self(signal: i32) {
    // SAFETY: numbers.
    unsafe { libc::raise(signal) };
}

/// A filter of this process's own: `action` for one call number, all else allowed. The listener, if there is one.
fn filter(number: i64, action: u32, flags: libc::c_ulong) -> Result<i64, i32> {
    let insn = |code: u32, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let program = [
        insn(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        insn(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            1,
            number as u32,
        ),
        insn(libc::BPF_RET | libc::BPF_K, 0, action),
        insn(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: numbers.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: `program` describes a live array.
    match unsafe { libc::syscall(libc::SYS_seccomp, 1, flags, &raw const program) } {
        -1 => Err(errno()),
        fd => Ok(fd),
    }
}

/// Answers bpf(2) with EPERM, as the default profiles of containers do.
pub(crate) fn refuse_bpf() {
    let action = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    filter(libc::SYS_bpf, action, 0).unwrap();
}

/// Has a listener of its own, for a call that nobody makes.
pub(crate) fn listen() -> Result<i64, i32> {
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    filter(libc::SYS_vhangup, libc::SECCOMP_RET_USER_NOTIF, flags)
}

pub(crate) fn listen_to_nothing() {
    listen().unwrap();
}

/// Calls `seconds` from now end with EINTR.
pub(crate) fn alarm_in(seconds: u32) {
    extern "C" fn nothing(_: i32) {}
    let handler: extern "C" fn(i32) = nothing;
    // SAFETY: a handler that does nothing.
    unsafe { libc::signal(libc::SIGALRM, handler as usize) };
    // SAFETY: a number.
    unsafe { libc::alarm(seconds) };
}

/// Sends a signal.
pub(crate) fn kill(pid: u32, signal: i32) {
    // SAFETY: numbers.
    unsafe { libc::kill(pid as i32, signal) };
}

/// Makes this process the leader of a new session.
pub(crate) fn new_session() {
    // SAFETY: no arguments.
    unsafe { libc::setsid() };
}

/// The parent of a process.
pub(crate) fn parent_of(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    after_name.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Maps a page of a descriptor; its first word, then set to another.
pub(crate) fn exchange_mapped(fd: i32, value: u32) -> Result<u32, i32> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    // SAFETY: a new mapping.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, fd, 0) };
    if at == libc::MAP_FAILED {
        return Err(errno());
    }
    // SAFETY: a live mapping of a page, never unmapped.
    Ok(unsafe { std::sync::atomic::AtomicU32::from_ptr(at.cast()) }
        .swap(value, std::sync::atomic::Ordering::SeqCst))
}

/// Maps a part of a descriptor, shared; where.
pub(crate) fn map_shared(fd: i32, offset: i64, len: usize, protection: i32) -> Result<usize, i32> {
    let (flags, any) = (libc::MAP_SHARED, std::ptr::null_mut());
    // SAFETY: a new mapping.
    match unsafe { libc::mmap(any, len, protection, flags, fd, offset) } {
        libc::MAP_FAILED => Err(errno()),
        at => Ok(at.expose_provenance()),
    }
}

/// A word of a mapping, which is never unmapped.
pub(crate) fn mapped_u64(at: usize) -> &'static std::sync::atomic::AtomicU64 {
    // SAFETY: scripts name words of their mappings.
    unsafe { std::sync::atomic::AtomicU64::from_ptr(std::ptr::with_exposed_provenance_mut(at)) }
}

/// A half word of a mapping, which is never unmapped.
pub(crate) fn mapped_u32(at: usize) -> &'static std::sync::atomic::AtomicU32 {
    // SAFETY: scripts name words of their mappings.
    unsafe { std::sync::atomic::AtomicU32::from_ptr(std::ptr::with_exposed_provenance_mut(at)) }
}

/// A perf event with raw samples that wakes at each, of a process (-1 is any) on a CPU (-1 is any).
pub(crate) fn perf_event_open(kind: u32, config: u32, pid: i32, cpu: i32) -> Result<i32, i32> {
    // type, size, config, sample_period, sample_type, read_format, bits, wakeup_events
    let mut attr = [0_u32; 28];
    attr[..9].copy_from_slice(&[kind, 112, config, 0, 1, 0, 1 << 10, 0, 0]);
    attr[12] = 1;
    // SAFETY: a live attr.
    match unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            attr.as_mut_ptr(),
            pid,
            cpu,
            -1,
            8,
        )
    } {
        -1 => Err(errno()),
        fd => Ok(fd as i32),
    }
}

/// An ioctl of a perf event without an argument.
pub(crate) fn perf_ioctl(fd: i32, request: u64) -> Result<(), i32> {
    // SAFETY: numbers.
    match unsafe { libc::ioctl(fd, request as _, 0) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

/// A new epoll.
pub(crate) fn epoll() -> i32 {
    // SAFETY: a number.
    unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }
}

/// epoll_ctl(2).
pub(crate) fn epoll_ctl(
    epoll: i32,
    operation: i32,
    fd: i32,
    events: i32,
    data: u64,
) -> Result<(), i32> {
    let mut event = libc::epoll_event {
        events: events as u32,
        u64: data,
    };
    // SAFETY: a live event.
    match unsafe { libc::epoll_ctl(epoll, operation, fd, &raw mut event) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

/// epoll_wait(2) for one event: its events and data.
pub(crate) fn epoll_wait(epoll: i32, milliseconds: i32) -> Option<(u32, u64)> {
    let mut event = libc::epoll_event { events: 0, u64: 0 };
    // SAFETY: room for one event.
    let count = unsafe { libc::epoll_wait(epoll, &raw mut event, 1, milliseconds) };
    (count == 1).then_some((event.events, event.u64))
}

/// poll(2) of one file: the result and its revents.
pub(crate) fn poll(fd: i32, events: i16, milliseconds: i32) -> (i32, i16) {
    let mut file = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: one file.
    let count = unsafe { libc::poll(&raw mut file, 1, milliseconds) };
    (count, file.revents)
}

/// CPU time of this thread so far.
pub(crate) fn cpu_time() -> std::time::Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: a live place for the time.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Forks; the child does `work` and exits. Whether it was content.
pub(crate) fn in_a_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: scripts that fork have one thread.
    match unsafe { libc::fork() } {
        0 => std::process::exit(i32::from(!work())),
        pid => {
            let mut status = 0;
            // SAFETY: a live place for the status.
            unsafe { libc::waitpid(pid, &raw mut status, 0) };
            status == 0
        }
    }
}

pub(crate) fn is_root() -> bool {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() == 0 }
}

/// The ids of a map, a program and a BTF made just now; `None` where bpf(2) is refused.
pub(crate) fn ids_of_new_objects() -> Option<[u32; 3]> {
    let map = bpf(0, &mut [2, 4, 4, 1, 0]).ok()?;
    let prog = super::programs::filter(vec![super::programs::mov(0, 0), super::programs::EXIT]);
    let btf = super::programs::two_functions();
    // The id is the second word of what is told of a map and a program, the fourth of a BTF.
    let ids = [(map, 8, 1), (prog, 8, 1), (btf, 16, 3)].map(|(fd, size, at)| {
        let mut info = [0_u32; 4];
        let [low, high] = words(&mut info);
        bpf(15, &mut [fd as u32, size, low, high]).unwrap();
        close(fd);
        info[at]
    });
    Some(ids)
}

/// The id the host gave to a map made just now; `None` where bpf(2) is refused.
pub(crate) fn next_host_id() -> Option<u32> {
    let fd = bpf(0, &mut [2, 4, 4, 1, 0]).ok()?;
    let mut info = [0u32; 2];
    let [low, high] = words(&mut info);
    let asked = bpf(15, &mut [fd as u32, 8, low, high]);
    close(fd);
    asked.ok().map(|_| info[1])
}

/// Takes a mapping away.
pub(crate) fn unmap(at: usize, len: usize) {
    // SAFETY: scripts unmap what they mapped and use no more.
    unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(at), len) };
}

fn checked(result: i32) -> Result<i32, i32> {
    match result {
        -1 => Err(errno()),
        value => Ok(value),
    }
}

/// open(2).
pub(crate) fn open(path: &std::ffi::CStr, flags: i32) -> Result<i32, i32> {
    // SAFETY: a string, and numbers.
    checked(unsafe { libc::open(path.as_ptr(), flags, 0o600) })
}

/// mknod(2) of a file that is no device.
pub(crate) fn mknod(path: &std::ffi::CStr, mode: u32) -> Result<i32, i32> {
    // SAFETY: a string, and numbers.
    checked(unsafe { libc::mknod(path.as_ptr(), mode | 0o600, 0) })
}

/// Sets the umask; the one before.
pub(crate) fn umask(mask: u32) -> u32 {
    // SAFETY: a number.
    unsafe { libc::umask(mask) }
}

pub(crate) fn uid() -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() }
}

pub(crate) fn gid() -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::getegid() }
}

/// `_LINUX_CAPABILITY_VERSION_3`, and this thread.
const CAP_HEADER: [u32; 2] = [0x2008_0522, 0];

/// The effective and permitted capabilities that capget(2) tells.
pub(crate) fn get_capabilities() -> [u64; 2] {
    let (header, mut data) = (CAP_HEADER, [0u32; 6]);
    // SAFETY: the two structs of this version.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw const header, &raw mut data) };
    assert_eq!(result, 0);
    [0, 1].map(|set| u64::from(data[set]) | u64::from(data[set + 3]) << 32)
}

/// capset(2).
pub(crate) fn set_capabilities(effective: u64, permitted: u64) -> Result<(), i32> {
    let low_high = |set: u64| [set as u32, (set >> 32) as u32];
    let ([el, eh], [pl, ph]) = (low_high(effective), low_high(permitted));
    let (header, data) = (CAP_HEADER, [el, pl, 0, eh, ph, 0]);
    // SAFETY: the two structs of this version.
    match unsafe { libc::syscall(libc::SYS_capset, &raw const header, &raw const data) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

/// Signals that [`storm_of_signals`] made.
static SIGNALS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// From now on SIGURG comes again and again, and calls that it interrupts are restarted.
pub(crate) fn storm_of_signals(every: std::time::Duration) {
    extern "C" fn count(_: i32) {
        SIGNALS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    let handler: extern "C" fn(i32) = count;
    // SAFETY: zeros are an empty mask and no flags.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: a handler that counts.
    unsafe { libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut()) };
    // SAFETY: no arguments.
    let thread = unsafe { libc::pthread_self() };
    std::thread::spawn(move || {
        while SIGNALS.load(std::sync::atomic::Ordering::Relaxed) < STORM_ENDS {
            // SAFETY: the first thread lives as long as the process.
            unsafe { libc::pthread_kill(thread, libc::SIGURG) };
            std::thread::sleep(every);
        }
    });
}

/// More signals than a storm makes.
const STORM_ENDS: u32 = 1 << 30;

/// No signals any more; how many there were.
pub(crate) fn end_of_storm() -> u32 {
    SIGNALS.fetch_add(STORM_ENDS, std::sync::atomic::Ordering::Relaxed)
}

/// Children by vfork and clone3 (as fork and as vfork) that make a map and end with its number as their status.
#[cfg(target_arch = "x86_64")]
pub(crate) fn maps_of_children() -> Vec<(&'static str, i32)> {
    /// flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls.
    type CloneArgs = [u64; 8];
    let args = |flags: i32| -> CloneArgs { [flags as u64, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0] };
    let (as_fork, as_vfork) = (args(0), args(libc::CLONE_VM | libc::CLONE_VFORK));
    let size = size_of::<CloneArgs>();
    [
        ("vfork", libc::SYS_vfork, std::ptr::null(), 0),
        ("clone3", libc::SYS_clone3, as_fork.as_ptr(), size),
        (
            "clone3 like vfork",
            libc::SYS_clone3,
            as_vfork.as_ptr(),
            size,
        ),
    ]
    .map(|(name, number, args, size)| {
        let attr = [2_u32, 4, 4, 4, 0];
        let mut result = number;
        // SAFETY: the child runs what is here and ends: it uses no stack, and no memory but the live attr.
        unsafe {
            std::arch::asm!(
                "syscall",
                "test rax, rax",
                "jnz 2f",
                "mov eax, {bpf}",
                "xor edi, edi",
                "mov rsi, r8",
                "mov edx, 20",
                "syscall",
                "mov edi, eax",
                "mov eax, {exit}",
                "syscall",
                "2:",
                bpf = const libc::SYS_bpf,
                exit = const libc::SYS_exit_group,
                inout("rax") result, in("rdi") args, in("rsi") size, in("r8") attr.as_ptr(),
                lateout("rcx") _, lateout("r11") _,
            );
        }
        let mut status = 0;
        // SAFETY: a live place for the status.
        let ended = unsafe { libc::waitpid(result as i32, &raw mut status, 0) };
        let fd = if ended > 0 && libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -1
        };
        (name, fd)
    })
    .into()
}

/// Children by fork that make a map and end with its number as their status.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn maps_of_children() -> Vec<(&'static str, i32)> {
    Vec::new()
}
