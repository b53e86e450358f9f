//! Memory handed to helpers and kfuncs: `size` bytes behind a register may be read, or written.

use super::access::{AccessType, Alignment, Extension, MemoryAccess, Operand};
use super::map_value::Toucher;
use super::region::{Region, RegionKind};
use crate::register::{Pointer, PtrFlags, Register, Target};
use crate::reject::{Check, MemoryReject};
use crate::stack::SlotByte;
use crate::verifier::Verifier;
use skep_catalog::ContextRule;
use skep_uapi::Errno;

pub(crate) use super::access::AccessType as CallAccess;
pub(crate) use super::region::ZeroSize;

/// A buffer on the stack that the call fills, so that it need not be initialised; it is stored to when the call happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawBuffer {
    /// The register that points to it.
    pub(crate) reg: u8,
    /// Bytes.
    pub(crate) size: u32,
}

impl Verifier<'_> {
    /// `size` bytes at r`reg` as a call's memory argument.
    pub(crate) fn check_call_memory(
        &mut self,
        reg: u8,
        size: u32,
        access: CallAccess,
        zero: ZeroSize,
        raw: Option<&mut RawBuffer>,
    ) -> Check {
        let register = self.state.reg(reg).clone();
        let Register::Pointer(p) = &register else {
            return self.check_no_memory(reg, &register, size, zero);
        };
        match p.target {
            Target::Packet { .. } | Target::PacketMeta { .. } => {
                self.check_packet_span(reg, p, p.off, size, zero)
            }
            Target::MapKey { map } => {
                if access == AccessType::Write {
                    return Err(self.reject(MemoryReject::CannotWriteInto {
                        reg,
                        ty: p.type_name(),
                    }));
                }
                let key_size = self.map_meta(map).map_or(0, |m| m.key_size);
                let region = Region {
                    kind: RegionKind::MapKey,
                    size: key_size,
                    reg,
                    var: &p.var,
                };
                self.check_region(&region, p.off, size, ZeroSize::Refused)
            }
            Target::MapValue { map, .. } => {
                self.check_map_flags(map, p.off, size, access)?;
                self.check_map_value_span(reg, p, map, p.off, size, zero, Toucher::Call)
            }
            Target::Mem { size: mem_size, .. } => {
                if access == AccessType::Write && p.flags.contains(PtrFlags::RDONLY) {
                    return Err(self.reject(MemoryReject::CannotWriteInto {
                        reg,
                        ty: p.type_name(),
                    }));
                }
                let region = Region {
                    kind: RegionKind::Memory,
                    size: mem_size,
                    reg,
                    var: &p.var,
                };
                self.check_region(&region, p.off, size, zero)
            }
            Target::Buf => self.check_buffer_span(reg, p, p.off, size, access),
            Target::Stack { .. } => self.check_call_stack(reg, p, size, access, zero, raw),
            Target::Btf { ty } => {
                let probe = MemoryAccess {
                    base: reg,
                    off: 0,
                    size,
                    operand: Operand::Probe,
                    extension: Extension::Zero,
                    alignment: Alignment::AsLoaded,
                };
                self.check_btf_access(&probe, p, ty, p.off)
            }
            Target::Ctx if self.ctx_is_plain_memory() => self.check_call_ctx(p, size, access, zero),
            _ => self.check_no_memory(reg, &register, size, zero),
        }
    }

    /// NULL and no bytes is fine where zero sizes are; nothing else is.
    fn check_no_memory(
        &mut self,
        reg: u8,
        register: &Register,
        size: u32,
        zero: ZeroSize,
    ) -> Check {
        if zero == ZeroSize::Allowed && size == 0 && register.is_null() {
            return Ok(());
        }
        Err(self.reject(MemoryReject::HelperMemory {
            reg,
            ty: register.type_name(),
            expected: "fp",
        }))
    }

    /// Whether the program type uses its context as it is; the others' fields are translated, so there is no memory to hand out.
    fn ctx_is_plain_memory(&self) -> bool {
        let table =
            skep_catalog::context(self.request.prog_type, self.request.expected_attach_type);
        match table.rule {
            ContextRule::Flat(_) | ContextRule::BtfArgs(_) => true,
            ContextRule::Fields(_) => matches!(
                self.request.prog_type,
                skep_uapi::ProgType::Kprobe
                    | skep_uapi::ProgType::CgroupDevice
                    | skep_uapi::ProgType::Netfilter
            ),
        }
    }

    fn check_call_ctx(
        &mut self,
        p: &Pointer,
        size: u32,
        access: CallAccess,
        zero: ZeroSize,
    ) -> Check {
        let last = i64::from(p.off)
            .saturating_add(i64::from(size))
            .saturating_sub(1);
        match (size, zero) {
            (0, ZeroSize::Allowed) => Ok(()),
            (0, ZeroSize::Refused) => Err(self.reject_silently(Errno::EACCES)),
            _ => {
                let Ok(last) = i32::try_from(last) else {
                    return Err(self.reject_silently(Errno::EACCES));
                };
                let operand = match access {
                    AccessType::Read => Operand::Probe,
                    AccessType::Write => Operand::StoreUnknown,
                };
                self.ctx_field(last, 1, operand, Extension::Zero)?;
                let end = u32::try_from(last).unwrap_or(0).saturating_add(1);
                self.traits.max_ctx_offset = self.traits.max_ctx_offset.max(end);
                Ok(())
            }
        }
    }

    fn check_call_stack(
        &mut self,
        reg: u8,
        p: &Pointer,
        size: u32,
        access: CallAccess,
        zero: ZeroSize,
        raw: Option<&mut RawBuffer>,
    ) -> Check {
        if size == 0 && zero == ZeroSize::Refused {
            return Err(self.reject(MemoryReject::ZeroSizedStack));
        }
        let raw = raw.filter(|_| p.var.is_const().is_some());
        // A buffer that is filled must lie in the stack, but may lie where nothing was yet.
        let bounds = if raw.is_some() {
            AccessType::Write
        } else {
            access
        };
        let span = self.check_stack_bounds(reg, p, p.off, i64::from(size), bounds)?;
        let Some(raw) = raw else {
            return self.check_stack_initialised(reg, p, span, size, access);
        };
        for off in span.min..span.end {
            let mark = crate::stack::SlotIdx::of(off)
                .map(|(slot, byte)| self.stack_byte(span.frame, slot, byte));
            if mark == Some(SlotByte::Dynptr) {
                return Err(self.reject(MemoryReject::DynptrWrite {
                    off: i64::from(off),
                }));
            }
        }
        *raw = RawBuffer { reg, size };
        Ok(())
    }

    /// A checked store of `size` (1 or 8) unknown bytes at r`reg` + `off`: how calls fill buffers and make objects on the stack.
    pub(crate) fn store_unknown(&mut self, reg: u8, off: i32, size: u8) -> Check {
        self.check_access(&MemoryAccess {
            base: reg,
            off,
            size: u32::from(size),
            operand: Operand::StoreUnknown,
            extension: Extension::Zero,
            alignment: Alignment::AsLoaded,
        })
    }
}
