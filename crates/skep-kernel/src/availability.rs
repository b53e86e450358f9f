//! What a kernel has, by its own types: helpers, program types, attach types and map types are enums of its BTF.
//!
//! Rules are always those of Linux 6.18; an older kernel's BTF only takes things away. Kernel functions and hooks need no list: they
//! are FUNCs and typedefs that are found by name, or not.

use std::collections::BTreeSet;

use skep_btf::{Btf, BtfKind};
use skep_uapi::{AttachType, HelperId, MapType, ProgType};

/// The numbers of one enum.
#[derive(Clone, Debug, Default)]
enum Members {
    /// The BTF does not have the enum: it says nothing.
    #[default]
    NotSaid,
    Only(BTreeSet<i64>),
}

impl Members {
    fn of(btf: &Btf, name: &str) -> Self {
        let found = btf.find_by_name_kind(name, BtfKind::Enum);
        let values = found
            .and_then(|id| btf.type_by_id(id))
            .and_then(|ty| ty.as_enum());
        let Some(values) = values else {
            return Self::NotSaid;
        };
        // The last enumerator counts the others.
        let real = values
            .values()
            .filter(|value| !value.name().starts_with("__"));
        Self::Only(real.map(|value| value.value).collect())
    }

    fn has(&self, number: u32) -> bool {
        match self {
            Self::NotSaid => true,
            Self::Only(numbers) => numbers.contains(&i64::from(number)),
        }
    }
}

/// What the kernel of a session has.
#[derive(Clone, Debug, Default)]
pub struct Availability {
    helpers: Members,
    prog_types: Members,
    attach_types: Members,
    map_types: Members,
}

impl Availability {
    /// As the BTF says; without BTF, everything.
    pub fn of(btf: Option<&Btf>) -> Self {
        let Some(btf) = btf else {
            return Self::default();
        };
        Self {
            helpers: Members::of(btf, "bpf_func_id"),
            prog_types: Members::of(btf, "bpf_prog_type"),
            attach_types: Members::of(btf, "bpf_attach_type"),
            map_types: Members::of(btf, "bpf_map_type"),
        }
    }

    /// Whether the kernel has a helper.
    pub fn helper(&self, helper: HelperId) -> bool {
        self.helpers.has(helper.0)
    }

    /// Whether the kernel has a program type.
    pub fn prog_type(&self, prog_type: ProgType) -> bool {
        self.prog_types.has(prog_type.raw())
    }

    /// Whether the kernel has an attach type.
    pub fn attach_type(&self, attach_type: AttachType) -> bool {
        self.attach_types.has(attach_type.raw())
    }

    /// Whether the kernel has a map type.
    pub fn map_type(&self, map_type: MapType) -> bool {
        self.map_types.has(map_type.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_btf::BtfBuilder;

    #[test]
    fn enums_say_what_there_is() {
        let mut builder = BtfBuilder::new();
        let helpers = [("BPF_FUNC_map_lookup_elem", 1), ("__BPF_FUNC_MAX_ID", 2)];
        builder.enumeration("bpf_func_id", 4, &helpers);
        let btf = Btf::parse(&builder.finish()).unwrap();
        let has = Availability::of(Some(&btf));
        assert!(has.helper(HelperId(1)));
        assert!(!has.helper(HelperId(2)));
        // Of what the BTF does not speak, nothing is taken away.
        assert!(has.map_type(MapType::Hash));
        assert!(Availability::of(None).helper(HelperId(2)));
    }
}
