//! Names of the calls that are answered for bpffs, for the trace.

macro_rules! names {
    ($number:ident: $($(#[$on:meta])* $constant:ident $name:literal)*) => {
        match $number {
            $($(#[$on])* libc::$constant => $name,)*
            _ => "a call",
        }
    };
}

/// The name of a call by its number.
pub(super) fn of(number: i64) -> &'static str {
    names! { number:
        #[cfg(target_arch = "x86_64")] SYS_mkdir "mkdir"
        #[cfg(target_arch = "x86_64")] SYS_mknod "mknod"
        #[cfg(target_arch = "x86_64")] SYS_symlink "symlink"
        #[cfg(target_arch = "x86_64")] SYS_link "link"
        #[cfg(target_arch = "x86_64")] SYS_rename "rename"
        #[cfg(target_arch = "x86_64")] SYS_unlink "unlink"
        #[cfg(target_arch = "x86_64")] SYS_rmdir "rmdir"
        #[cfg(target_arch = "x86_64")] SYS_chmod "chmod"
        #[cfg(target_arch = "x86_64")] SYS_chown "chown"
        #[cfg(target_arch = "x86_64")] SYS_lchown "lchown"
        #[cfg(target_arch = "x86_64")] SYS_stat "stat"
        #[cfg(target_arch = "x86_64")] SYS_lstat "lstat"
        #[cfg(target_arch = "x86_64")] SYS_access "access"
        SYS_mkdirat "mkdirat"
        SYS_mknodat "mknodat"
        SYS_symlinkat "symlinkat"
        SYS_linkat "linkat"
        SYS_renameat "renameat"
        SYS_renameat2 "renameat2"
        SYS_unlinkat "unlinkat"
        SYS_fchmodat "fchmodat"
        SYS_fchmodat2 "fchmodat2"
        SYS_fchownat "fchownat"
        SYS_utimensat "utimensat"
        SYS_truncate "truncate"
        SYS_newfstatat "fstatat"
        SYS_statx "statx"
        SYS_faccessat "faccessat"
        SYS_faccessat2 "faccessat2"
        SYS_chdir "chdir"
        SYS_getcwd "getcwd"
        SYS_getxattr "getxattr"
        SYS_lgetxattr "lgetxattr"
        SYS_setxattr "setxattr"
        SYS_lsetxattr "lsetxattr"
        SYS_listxattr "listxattr"
        SYS_llistxattr "llistxattr"
    }
}
