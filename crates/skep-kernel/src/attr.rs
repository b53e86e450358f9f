//! The attr of one call: how many bytes, which must be zero, what they mean.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::{BPF_ATTR_SIZE, last_field_end};
use skep_uapi::limits::PAGE_SIZE;
use skep_uapi::{Cmd, UserPtr};
use zerocopy::FromBytes;

use crate::{MemoryFault, UserMemory};

/// An attr copied from the client, filled up with zeros.
pub(crate) struct Attr {
    bytes: [u8; BPF_ATTR_SIZE],
    at: UserPtr,
    size: usize,
}

impl Attr {
    /// Copies `size` bytes. E2BIG: larger than a page, or something beyond what we know is not zero. EFAULT.
    pub(crate) fn read(memory: &dyn UserMemory, at: UserPtr, size: u32) -> SysResult<Self> {
        let size = size as usize;
        if size > PAGE_SIZE {
            return SysError::err(Errno::E2BIG, "attr is larger than a page");
        }
        let known = size.min(BPF_ATTR_SIZE);
        check_zero_tail(memory, at, known, size)?;
        let mut bytes = [0; BPF_ATTR_SIZE];
        memory.read(at, bytes.get_mut(..known).ok_or(MemoryFault)?)?;
        Ok(Self { bytes, at, size })
    }

    /// The fields of a command. EINVAL: something behind its last field is not zero.
    pub(crate) fn parse<T: FromBytes>(&self, cmd: Cmd) -> SysResult<T> {
        let rest = self.bytes.get(last_field_end(cmd)..).unwrap_or_default();
        if rest.iter().any(|byte| *byte != 0) {
            return SysError::err(Errno::EINVAL, "attr is not zero behind its last field");
        }
        match T::read_from_prefix(&self.bytes) {
            Ok((fields, _)) => Ok(fields),
            // No layout is larger than the union.
            Err(_) => SysError::err(Errno::EINVAL, "attr is too short"),
        }
    }

    /// Writes a field back, whether or not the client said that its attr is that long: as Linux does. EFAULT.
    pub(crate) fn write_u32(
        &self,
        memory: &dyn UserMemory,
        offset: usize,
        value: u32,
    ) -> SysResult<()> {
        let at = self.at.wrapping_add(offset as u64);
        Ok(memory.write(at, &value.to_ne_bytes())?)
    }

    /// Writes a field back if the client's attr has it. EFAULT.
    pub(crate) fn write_u32_if_there(
        &self,
        memory: &dyn UserMemory,
        offset: usize,
        value: u32,
    ) -> SysResult<()> {
        if self.size >= offset + size_of::<u32>() {
            self.write_u32(memory, offset, value)?;
        }
        Ok(())
    }
}

/// The rule of sized structs: bytes from `known` to `size` must be zero. E2BIG, EFAULT.
pub(crate) fn check_zero_tail(
    memory: &dyn UserMemory,
    at: UserPtr,
    known: usize,
    size: usize,
) -> SysResult<()> {
    if size > PAGE_SIZE {
        return SysError::err(Errno::E2BIG, "struct is larger than a page");
    }
    let Some(beyond) = size.checked_sub(known) else {
        return Ok(());
    };
    if memory.is_zero(at.wrapping_add(known as u64), beyond)? {
        Ok(())
    } else {
        SysError::err(Errno::E2BIG, "struct has fields this kernel does not know")
    }
}

#[cfg(test)]
mod tests {
    use skep_uapi::attr::MapElemAttr;

    use super::*;
    use crate::Buffers;

    fn read(bytes: &[u8], size: u32) -> SysResult<Attr> {
        let memory = Buffers::new();
        let at = memory.place(bytes);
        Attr::read(&memory, at, size)
    }

    fn errno<T>(result: SysResult<T>) -> Option<Errno> {
        result.err().map(|error| error.errno)
    }

    #[test]
    fn sizes() {
        assert_eq!(errno(read(&[0; 8192], 4097)), Some(Errno::E2BIG));
        assert_eq!(errno(read(&[0; 4096], 4096)), None);
        assert_eq!(errno(read(&[0; 168], 169)), Some(Errno::EFAULT));
        assert_eq!(errno(read(&[1; 169], 169)), Some(Errno::E2BIG));
        assert_eq!(errno(read(&[1; 167], 168)), Some(Errno::EFAULT));
        assert_eq!(errno(read(&[], 0)), None);
    }

    #[test]
    fn bytes_behind_the_last_field() {
        let attr = read(&[1; 24], 24).unwrap();
        let fields: MapElemAttr = attr.parse(Cmd::MapGetNextKey).unwrap();
        assert_eq!((fields.map_fd, fields.flags), (0x0101_0101, 0));
        let refused = attr.parse::<MapElemAttr>(Cmd::MapDeleteElem);
        assert_eq!(errno(refused), Some(Errno::EINVAL));
    }

    #[test]
    fn writing_back() {
        let memory = Buffers::new();
        let at = memory.place([0; 8]);
        let attr = Attr::read(&memory, at, 4).unwrap();
        attr.write_u32_if_there(&memory, 4, 7).unwrap();
        assert_eq!(memory.bytes(at), [0; 8]);
        attr.write_u32(&memory, 4, 7).unwrap();
        assert_eq!(memory.bytes(at), [0, 0, 0, 0, 7, 0, 0, 0]);
    }
}
