//! The runnable form of a program, made when it is first needed.

use std::sync::{Arc, OnceLock};

use skep_btf::Btf;
use skep_catalog::ObjectKind;
use skep_exec::{Bindings, BoundMap, ContextLayout, Executable, HelperFn, LowerError, lower};
use skep_object::{Ref, SysError, SysResult, unsupported};
use skep_uapi::{HelperId, ProgType};
use skep_verifier::VerifiedProgram;
use skep_verifier::env::MapToken;
use skep_verifier::register::{BtfRef, TypeRef};

use crate::object::{BtfObject, MapObject, kernel_struct};
use crate::{helpers, test_run};

/// Lowered once, compiled once; whoever comes first does the work and others wait.
#[derive(Default)]
pub(super) struct Code {
    lowered: OnceLock<Result<Arc<Executable>, SysError>>,
}

impl Code {
    /// The executable. ENOTSUPP: the program needs something that has no body here; the reason names it.
    pub(super) fn executable(
        &self,
        verified: &VerifiedProgram,
        maps: &[Ref<MapObject>],
        btf: Option<&Ref<BtfObject>>,
        kernel_btf: Option<&Btf>,
    ) -> SysResult<&Arc<Executable>> {
        let made = self
            .lowered
            .get_or_init(|| make(verified, maps, btf, kernel_btf));
        made.as_ref().map_err(SysError::clone)
    }
}

fn make(
    verified: &VerifiedProgram,
    maps: &[Ref<MapObject>],
    btf: Option<&Ref<BtfObject>>,
    kernel_btf: Option<&Btf>,
) -> SysResult<Arc<Executable>> {
    let prog_type = verified.prog_type();
    let Some(context) = test_run::context_layout(prog_type) else {
        return Err(unsupported!(
            ENOTSUPP,
            "running programs of type {prog_type}"
        ));
    };
    let bindings = ProgBindings {
        prog_type,
        maps,
        btf,
        kernel_btf,
        context,
    };
    lower(verified, &bindings)
        .map(Executable::new)
        .map_err(cannot_run)
}

fn cannot_run(error: LowerError) -> SysError {
    match error {
        LowerError::MissingHelper(name) => unsupported!(ENOTSUPP, "running {name}"),
        other => unsupported!(ENOTSUPP, "running a program: {other}"),
    }
}

/// Where lowering finds what a program names.
struct ProgBindings<'p> {
    prog_type: ProgType,
    maps: &'p [Ref<MapObject>],
    btf: Option<&'p Ref<BtfObject>>,
    /// Kernel functions are called by its ids.
    kernel_btf: Option<&'p Btf>,
    context: &'static ContextLayout,
}

impl Bindings for ProgBindings<'_> {
    fn map(&self, token: MapToken) -> Option<Arc<BoundMap>> {
        let found = self
            .maps
            .iter()
            .find(|map| map.id().is_some_and(|id| u64::from(id.get()) == token.0));
        found.map(|map| Arc::clone(map.bound()))
    }

    fn helper(&self, id: HelperId) -> Option<HelperFn> {
        helpers::helper_body(self.prog_type, id)
    }

    fn kfunc(&self, function: TypeRef) -> Result<HelperFn, String> {
        let name = match (function.btf, self.kernel_btf) {
            (BtfRef::Kernel, Some(btf)) => btf.name(function.id),
            (BtfRef::Kernel, None) | (BtfRef::Program, _) => "",
        };
        helpers::kfunc_body(self.prog_type, name)
            .ok_or_else(|| format!("kernel function {name} with BTF id {}", function.id))
    }

    fn program_btf(&self) -> u32 {
        let id = self.btf.and_then(|btf| btf.id());
        id.map_or(0, |id| id.get())
    }

    fn load_packet(&self) -> Option<HelperFn> {
        helpers::load_packet(self.prog_type)
    }

    fn context(&self) -> &ContextLayout {
        self.context
    }

    fn map_struct_size(&self) -> u32 {
        kernel_struct::readable_size(self.kernel_btf)
    }

    fn object(&self, kind: ObjectKind) -> Option<&ContextLayout> {
        test_run::object_layout(kind)
    }
}
