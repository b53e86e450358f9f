//! Look-ups in arrays without a call.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value as ClifValue, types};
use skep_isa::Reg;
use skep_maps::InlineLookup;

use super::function::{Body, checked_access};
use crate::lower::Sharing;

impl Body<'_, '_> {
    /// Does the look-up here if the map's layout allows; whether it did.
    pub(super) fn inline_lookup(&mut self, layout: InlineLookup) -> bool {
        let value = match layout {
            InlineLookup::None => return false,
            InlineLookup::Array {
                base,
                stride,
                max_entries,
            } => {
                let (index, inside) = self.index(max_entries);
                let offset = self.b.ins().imul_imm_u(index, i64::from(stride));
                let base = self.constant(base.raw());
                let value = self.b.ins().iadd(base, offset);
                self.or_null(inside, value)
            }
            InlineLookup::PercpuArray {
                base,
                stride,
                cpu_stride,
                max_entries,
            } => {
                let (index, inside) = self.index(max_entries);
                let offset = self.b.ins().imul_imm_u(index, i64::from(stride));
                let cpu = self.cpu_number();
                let cpu_stride = self.constant(cpu_stride);
                let part = self.b.ins().imul(cpu, cpu_stride);
                let base = self.constant(base.raw());
                let part = self.b.ins().iadd(base, part);
                let value = self.b.ins().iadd(part, offset);
                self.or_null(inside, value)
            }
            InlineLookup::Handles { base, max_entries } => {
                let (index, inside) = self.index(max_entries);
                // An index beyond the array reads the first slot instead, which every array has.
                let zero = self.constant(0);
                let safe = self.b.ins().select(inside, index, zero);
                let offset = self.b.ins().imul_imm_u(safe, 8);
                let base = self.constant(base.raw());
                let slot = self.b.ins().iadd(base, offset);
                let handle = self.b.ins().atomic_load(types::I64, checked_access(), slot);
                self.or_null(inside, handle)
            }
        };
        self.set(Reg::R0, value);
        true
    }

    /// The index in the key that R2 points at, and whether it is inside the array.
    fn index(&mut self, max_entries: u32) -> (ClifValue, ClifValue) {
        let key = self.get(Reg::R2);
        self.order(Sharing::Shared);
        let index = self.b.ins().uload32(checked_access(), key, 0);
        let inside =
            self.b
                .ins()
                .icmp_imm_u(IntCC::UnsignedLessThan, index, i64::from(max_entries));
        (index, inside)
    }

    fn or_null(&mut self, inside: ClifValue, value: ClifValue) -> ClifValue {
        let null = self.constant(0);
        self.b.ins().select(inside, value, null)
    }
}
