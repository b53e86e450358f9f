//! What a map-in-map compares: the template, and the one rule.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapFlags;

use crate::kind::{AsInner, Holds, kind};
use crate::{Map, MapAttr, ValueFields};

/// A copy of what the template map looked like when the outer map was made; the map itself is not kept.
#[derive(Clone, Debug)]
pub struct InnerTemplate {
    attr: MapAttr,
    fields: ValueFields,
    as_inner: AsInner,
}

impl InnerTemplate {
    /// The template made from `map`. EINVAL: it holds maps itself. ENOTSUPP: its type cannot be inside.
    pub fn of(map: &dyn Map) -> SysResult<Self> {
        let attr = *map.base().attr();
        let kind = kind(attr.map_type)?;
        if kind.holds == Holds::Maps {
            return SysError::err(Errno::EINVAL, "a map of maps cannot be inside another");
        }
        if let AsInner::Refused(errno) = kind.as_inner {
            return SysError::err(errno, "map type cannot be inside a map of maps");
        }
        Ok(Self {
            attr,
            fields: map.base().fields().clone(),
            as_inner: kind.as_inner,
        })
    }

    /// The attributes inner maps must have.
    pub fn attr(&self) -> &MapAttr {
        &self.attr
    }

    /// The special fields inner maps must have.
    pub fn fields(&self) -> &ValueFields {
        &self.fields
    }

    /// EINVAL if `map` differs from the template in what counts. Not compared: names, BTF ids, map_extra,
    /// NUMA node, frozen state.
    pub fn check(&self, map: &dyn Map) -> SysResult<()> {
        let (own, other) = (&self.attr, map.base().attr());
        let same = own.map_type == other.map_type
            && own.key_size == other.key_size
            && own.value_size == other.value_size
            && own.flags == other.flags
            && self.fields == *map.base().fields();
        if !same {
            return SysError::err(Errno::EINVAL, "inner map differs from the template");
        }
        match self.as_inner {
            AsInner::GenericAndEntries
                if !own.flags.contains(MapFlags::INNER_MAP)
                    && own.max_entries != other.max_entries =>
            {
                SysError::err(
                    Errno::EINVAL,
                    "inner map has another max_entries than the template",
                )
            }
            AsInner::GenericAndEntries | AsInner::Generic | AsInner::Refused(_) => Ok(()),
        }
    }
}
