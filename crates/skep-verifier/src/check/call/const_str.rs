//! Constant strings: text in a map that nobody can change any more.

use super::fields::constant_offset;
use crate::check::helper_memory::{CallAccess, ZeroSize};
use crate::register::{MapRef, Target};
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;
use alloc::vec::Vec;
use skep_uapi::{Errno, MapType};

impl Verifier<'_> {
    /// Register `reg` points to a NUL-terminated string in a frozen map that programs cannot write.
    pub(crate) fn check_const_str(&mut self, reg: u8) -> Check {
        let Some(p) = self.state.reg(reg).pointer().copied() else {
            return Err(self.reject(CallReject::StringNotInReadonlyMap { reg }));
        };
        let constant_map = match p.target {
            Target::MapValue { map, .. } => self.map(map).filter(|m| m.constant).map(|_| map),
            _ => None,
        };
        let Some(map) = constant_map else {
            return Err(self.reject(CallReject::StringNotInReadonlyMap { reg }));
        };
        let Some(off) = constant_offset(&p) else {
            return Err(self.reject(CallReject::StringAddressNotConstant { reg }));
        };
        let Some(meta) = self.map_meta(map).filter(|m| m.map_type == MapType::Array) else {
            return Err(self.reject(CallReject::NoDirectValue));
        };
        let rest = i64::from(meta.value_size)
            .wrapping_sub(i64::from(p.off))
            .max(0);
        self.check_call_memory(reg, rest as u32, CallAccess::Read, ZeroSize::Refused, None)?;
        if meta.max_entries != 1 {
            let mut reject = self.reject(CallReject::StringValueUnreadable);
            reject.errno = Errno::ENOTSUPP;
            return Err(reject);
        }
        let Ok(off) = u32::try_from(off) else {
            return Err(self.reject(CallReject::StringValueUnreadable));
        };
        let end = self
            .bytes_at(map, off)
            .map(|mut bytes| bytes.find(|byte| matches!(byte, None | Some(0))));
        match end {
            Some(Some(Some(_))) => Ok(()),
            Some(None) => Err(self.reject(CallReject::StringNotTerminated)),
            Some(Some(None)) | None => Err(self.reject(CallReject::StringValueUnreadable)),
        }
    }

    /// The string register `reg` points to, checked before by [`Self::check_const_str`].
    pub(super) fn const_str(&self, reg: u8) -> Option<Vec<u8>> {
        let p = self.state.reg(reg).pointer()?;
        let Target::MapValue { map, .. } = p.target else {
            return None;
        };
        let off = u32::try_from(constant_offset(p)?).ok()?;
        let bytes = self.bytes_at(map, off)?;
        bytes.take_while(|byte| *byte != Some(0)).collect()
    }

    /// The bytes of a constant map's value from `off` to its end; `None` for one that cannot be read.
    fn bytes_at(&self, map: MapRef, off: u32) -> Option<impl Iterator<Item = Option<u8>> + '_> {
        let used = self.map(map)?;
        let token = used.token?;
        let byte = move |at| Some(self.env.read_constant(token, at, 1)? as u8);
        Some((off..used.meta.value_size).map(byte))
    }
}
