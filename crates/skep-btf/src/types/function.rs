//! Views of FUNC and FUNC_PROTO and its parameters.

use skep_uapi::btf::{BtfLinkage, BtfParam};

use super::{Type, View, view};
use crate::btf::{Btf, text};
use crate::id::BtfTypeId;

/// A FUNC.
#[derive(Clone, Copy, Debug)]
pub struct Func<'a>(pub(crate) View<'a>);
view!(Func);

impl<'a> Func<'a> {
    /// Id of the prototype.
    pub fn proto_id(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.head.size_or_type)
    }

    /// The prototype; `None` only in unchecked BTF.
    pub fn proto(&self) -> Option<FuncProto<'a>> {
        self.0
            .btf
            .type_by_id(self.proto_id())
            .as_ref()
            .and_then(Type::as_func_proto)
    }

    /// The linkage; `None` for a number without meaning.
    pub fn linkage(&self) -> Option<BtfLinkage> {
        BtfLinkage::from_raw(self.0.record.vlen())
    }
}

/// A FUNC_PROTO.
#[derive(Clone, Copy, Debug)]
pub struct FuncProto<'a>(pub(crate) View<'a>);
view!(FuncProto);

impl<'a> FuncProto<'a> {
    /// What it returns.
    pub fn return_type(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.head.size_or_type)
    }

    /// Number of parameters; a `...` counts as one.
    pub fn param_count(&self) -> u32 {
        self.0.record.vlen()
    }

    /// Parameters in order; a `...` is a last one of type `void`.
    pub fn params(&self) -> impl ExactSizeIterator<Item = Param<'a>> + Clone + use<'a> {
        let btf = self.0.btf;
        self.0
            .record
            .items::<BtfParam>()
            .map(move |raw| Param::new(btf, raw))
    }

    /// The parameter at an index.
    pub fn param(&self, index: u32) -> Option<Param<'a>> {
        Some(Param::new(self.0.btf, self.0.record.item(index)?))
    }

    /// Whether it ends in `...`.
    pub fn is_variadic(&self) -> bool {
        self.params()
            .last()
            .is_some_and(|param| param.type_id().is_void())
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    btf: &'a Btf,
    raw: BtfParam,
}

impl<'a> Param<'a> {
    fn new(btf: &'a Btf, raw: BtfParam) -> Self {
        Self { btf, raw }
    }

    /// Name; may be empty.
    pub fn name(&self) -> &'a str {
        text(self.name_bytes())
    }

    /// Name as bytes.
    pub fn name_bytes(&self) -> &'a [u8] {
        self.btf.string(self.raw.name_off).unwrap_or_default()
    }

    /// Declared type.
    pub fn type_id(&self) -> BtfTypeId {
        BtfTypeId(self.raw.type_id)
    }
}
