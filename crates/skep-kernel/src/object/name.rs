//! The names clients give to maps and programs.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::BPF_OBJ_NAME_LEN;

/// A name: at most 15 characters of `[A-Za-z0-9_.]`, filled up with NULs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ObjectName([u8; BPF_OBJ_NAME_LEN]);

impl ObjectName {
    /// Checks a name as it stands in an attr; bytes past its NUL are dropped. EINVAL.
    pub fn from_attr(raw: [u8; BPF_OBJ_NAME_LEN]) -> SysResult<Self> {
        let Some(len) = raw.iter().position(|byte| *byte == 0) else {
            return SysError::err(Errno::EINVAL, "name has no NUL");
        };
        let mut name = [0; BPF_OBJ_NAME_LEN];
        for (to, from) in name.iter_mut().zip(raw.iter().take(len)) {
            if !from.is_ascii_alphanumeric() && !matches!(from, b'_' | b'.') {
                return SysError::err(Errno::EINVAL, "name has a character that is not allowed");
            }
            *to = *from;
        }
        Ok(Self(name))
    }

    /// A name from text, cut to 15 bytes; characters are not checked.
    pub fn truncated(text: &str) -> Self {
        let mut name = [0; BPF_OBJ_NAME_LEN];
        for (to, from) in name.iter_mut().take(BPF_OBJ_NAME_LEN - 1).zip(text.bytes()) {
            *to = from;
        }
        Self(name)
    }

    /// The bytes, NULs included.
    pub const fn bytes(&self) -> [u8; BPF_OBJ_NAME_LEN] {
        self.0
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let text = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let raw = |text: &[u8]| {
            let mut raw = [0; 16];
            raw[..text.len()].copy_from_slice(text);
            ObjectName::from_attr(raw)
        };
        assert_eq!(raw(b"a_b.C9").unwrap().as_str(), "a_b.C9");
        assert_eq!(raw(b"").unwrap().as_str(), "");
        assert_eq!(
            raw(b"ok\0!").unwrap().bytes(),
            *b"ok\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        );
        assert_eq!(raw(b"a b").unwrap_err().errno, Errno::EINVAL);
        assert_eq!(raw(&[b'a'; 16]).unwrap_err().errno, Errno::EINVAL);
        assert!(raw(&[b'a'; 15]).is_ok());
    }
}
