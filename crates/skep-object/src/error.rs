//! Errors at the bpf(2) border, and the one way to say "not implemented".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use parking_lot::Mutex;
use skep_uapi::Errno;

/// What a command answers: the client sees the number, the trace the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SysError {
    /// The number.
    pub errno: Errno,
    /// The reason, in a few lower-case words.
    pub why: Cow<'static, str>,
}

/// The result of anything that bpf(2) asked for.
pub type SysResult<T> = Result<T, SysError>;

impl SysError {
    /// An error with its reason.
    pub fn new(errno: Errno, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            errno,
            why: why.into(),
        }
    }

    /// An error result with its reason, for `return`.
    pub fn err<T>(errno: Errno, why: impl Into<Cow<'static, str>>) -> SysResult<T> {
        Err(Self::new(errno, why))
    }
}

impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.errno, self.why)
    }
}

impl std::error::Error for SysError {}

/// A [`SysError`] for a feature skep does not have: the errno of a kernel without it, named and counted.
///
/// `unsupported!(EINVAL, "map type {map_type}")`
#[macro_export]
macro_rules! unsupported {
    ($errno:ident, $($feature:tt)+) => {
        $crate::error::not_implemented($crate::Errno::$errno, ::std::format!($($feature)+))
    };
}

static UNSUPPORTED: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// More names than this are counted together: names may hold guest values.
const NAMES_MAX: usize = 1024;

/// What [`unsupported!`] expands to.
pub fn not_implemented(errno: Errno, feature: String) -> SysError {
    let mut counts = UNSUPPORTED.lock();
    if counts.len() < NAMES_MAX || counts.contains_key(&feature) {
        *counts.entry(feature.clone()).or_default() += 1;
    } else {
        *counts.entry("other".to_owned()).or_default() += 1;
    }
    SysError::new(errno, format!("not implemented: {feature}"))
}

/// How often each missing feature was asked for since the process began, by name.
pub fn unsupported_counts() -> Vec<(String, u64)> {
    UNSUPPORTED
        .lock()
        .iter()
        .map(|(name, count)| (name.clone(), *count))
        .collect()
}
