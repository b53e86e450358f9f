//! func_info: which FUNC of the program BTF each function is.

use super::records::RecordError;
use super::subprogs::Linkage;
use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::string::String;
use alloc::vec::Vec;
use skep_btf::{Btf, BtfLinkage, BtfTypeId, Type};

const EXCEPTION_CALLBACK: &str = "exception_callback:";

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) start: InsnIdx,
    pub(super) func: BtfTypeId,
}

impl Verifier<'_> {
    /// Reads func_info; whether it fits the program is checked once its functions are known.
    pub(super) fn read_func_info(&mut self) -> Check<Vec<Function>> {
        let mut functions: Vec<Function> = Vec::new();
        if self.request.func_info.count == 0 {
            return Ok(functions);
        }
        let request = self.request;
        let (records, complete) = request.func_info.words::<2>();
        if complete == Err(RecordError::Size) {
            return Err(self.reject(ControlReject::FuncInfoSize {
                size: request.func_info.record_size,
            }));
        }
        for [off, type_id] in records {
            match functions.last() {
                None if off != 0 => return Err(self.reject(ControlReject::FuncInfoFirst { off })),
                Some(last) if off <= last.start.0 => {
                    return Err(self.reject(ControlReject::FuncInfoOrder {
                        off,
                        previous: last.start.0,
                    }));
                }
                None | Some(_) => {}
            }
            let func = BtfTypeId(type_id);
            let is_func = self
                .prog_btf
                .as_ref()
                .and_then(|b| b.type_by_id(func))
                .is_some_and(|t| t.as_func().is_some());
            if !is_func {
                return Err(self.reject(ControlReject::FuncInfoType { id: type_id }));
            }
            functions.push(Function {
                start: InsnIdx(off),
                func,
            });
        }
        match complete {
            Ok(()) => Ok(functions),
            Err(_) => Err(self.reject(ControlReject::FuncInfoTail)),
        }
    }

    /// func_info against the functions found.
    pub(super) fn match_func_info(&mut self, functions: &[Function]) -> Check {
        if functions.is_empty() {
            let others = self.subprogs.get(1..).unwrap_or_default();
            if others.iter().any(|s| s.has_ld_abs) {
                return Err(self.reject(ControlReject::LdAbsWithoutBtf));
            }
            if others.iter().any(|s| s.has_tail_call) {
                return Err(self.reject(ControlReject::TailCallWithoutBtf));
            }
            return Ok(());
        }
        if functions.len() != self.subprogs.len() {
            return Err(self.reject(ControlReject::FuncInfoCount));
        }
        for (number, function) in functions.iter().enumerate() {
            self.match_function(number, *function)?;
        }
        Ok(())
    }

    fn match_function(&mut self, number: usize, function: Function) -> Check {
        let Some(btf) = self.prog_btf.clone() else {
            return Ok(());
        };
        let returns_scalar = returns_small_scalar(&btf, function.func);
        let Some(subprog) = self.subprogs.get_mut(number) else {
            return Ok(());
        };
        if subprog.start != function.start {
            return Err(self.reject(ControlReject::FuncInfoLayout));
        }
        if number > 0 && !returns_scalar {
            if subprog.has_ld_abs {
                return Err(self.reject(ControlReject::LdAbsReturn));
            }
            if subprog.has_tail_call {
                return Err(self.reject(ControlReject::TailCallReturn));
            }
        }
        subprog.name = String::from(btf.name(function.func));
        subprog.func_type = Some(function.func);
        let linkage = btf
            .type_by_id(function.func)
            .and_then(|t| t.as_func())
            .and_then(|f| f.linkage());
        subprog.linkage = match linkage {
            Some(BtfLinkage::Global) => Linkage::Global,
            Some(BtfLinkage::Extern) => Linkage::Extern,
            Some(BtfLinkage::Static) | None => Linkage::Static,
        };
        Ok(())
    }

    /// The start of the function that the main program's `exception_callback:NAME` tag names.
    pub(super) fn exception_callback(&mut self, functions: &[Function]) -> Check<Option<InsnIdx>> {
        let (Some(btf), Some(main)) = (self.prog_btf.clone(), functions.first()) else {
            return Ok(None);
        };
        let name = match btf.decl_tag_value(main.func, None, EXCEPTION_CALLBACK) {
            Ok(None) => return Ok(None),
            Ok(Some(name)) => String::from_utf8_lossy(name).into_owned(),
            Err(_) => return Err(self.reject(ControlReject::ExceptionCallbackTags)),
        };
        let Some(func) = btf.find_by_name_kind(&name, skep_btf::BtfKind::Func) else {
            return Err(self.reject(ControlReject::ExceptionCallbackMissing { name }));
        };
        let global = btf
            .type_by_id(func)
            .and_then(|t| t.as_func())
            .and_then(|f| f.linkage())
            == Some(BtfLinkage::Global);
        if !global {
            return Err(self.reject(ControlReject::ExceptionCallbackLinkage { name }));
        }
        match functions.iter().find(|f| f.func == func).map(|f| f.start) {
            None => Err(self.reject(ControlReject::ExceptionCallbackNoInfo)),
            Some(InsnIdx(0)) => Err(self.reject(ControlReject::ExceptionCallbackMain)),
            start => Ok(start),
        }
    }
}

/// Whether a function returns an int of at most 8 bytes or an enum.
fn returns_small_scalar(btf: &Btf, func: BtfTypeId) -> bool {
    let proto = btf
        .type_by_id(func)
        .and_then(|t| t.as_func())
        .and_then(|f| f.proto());
    match proto.and_then(|p| btf.resolve(p.return_type())) {
        Some(Type::Int(int)) => int.size() <= 8,
        Some(Type::Enum(_) | Type::Enum64(_)) => true,
        _ => false,
    }
}
