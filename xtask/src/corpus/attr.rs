//! Building the attr of a call, field after field in the order of the uapi struct.

/// An attr under construction. Little endian, no padding but what is written.
#[derive(Debug, Default)]
pub(crate) struct Attr(Vec<u8>);

impl Attr {
    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_ne_bytes());
        self
    }

    /// A descriptor; Linux declares them `__u32`.
    pub(crate) fn fd(self, fd: i32) -> Self {
        self.u32(fd.cast_unsigned())
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_ne_bytes());
        self
    }

    /// An object name: 16 bytes, the last of them 0.
    pub(crate) fn name(mut self, name: &str) -> Self {
        let mut field = [0; 16];
        for (to, from) in field[..15].iter_mut().zip(name.bytes()) {
            *to = from;
        }
        self.0.extend_from_slice(&field);
        self
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}
