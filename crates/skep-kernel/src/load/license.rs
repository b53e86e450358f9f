//! Which licences are compatible with the GPL, for helpers and kfuncs that ask for that.

/// As `license_is_gpl_compatible` of Linux: exactly these strings.
const GPL_COMPATIBLE: [&[u8]; 6] = [
    b"GPL",
    b"GPL v2",
    b"GPL and additional rights",
    b"Dual BSD/GPL",
    b"Dual MIT/GPL",
    b"Dual MPL/GPL",
];

/// Whether a licence (without its NUL) is compatible with the GPL.
pub(crate) fn is_gpl_compatible(license: &[u8]) -> bool {
    GPL_COMPATIBLE.contains(&license)
}
