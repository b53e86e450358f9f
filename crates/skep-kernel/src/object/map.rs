//! A map as an object: what the map itself does not know.

use core::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use skep_btf::BtfTypeId;
use skep_catalog::MapMeta;
use skep_exec::BoundMap;
use skep_maps::{HeldMap, Map};
use skep_memory::Addr;
use skep_object::{Dead, Errno, HeldRef, Object, ObjectId, RcuDomains, Ref, SysError, SysResult};

use crate::object::{BtfObject, ObjectName};

/// The BTF a map was created with.
#[derive(Clone)]
pub struct MapBtf {
    /// The object, kept alive.
    pub object: skep_object::Ref<BtfObject>,
    /// Type of the key; 0 is none.
    pub key: BtfTypeId,
    /// Type of the value.
    pub value: BtfTypeId,
}

/// A map with its name, BTF and address.
pub struct MapObject {
    bound: Arc<BoundMap>,
    name: ObjectName,
    btf: Option<MapBtf>,
    meta: Arc<MapMeta>,
    domains: RcuDomains,
    /// Was it ever in another map? Then runs may have found it without a reference.
    was_inner: AtomicBool,
}

impl MapObject {
    pub(crate) fn new(
        map: Box<dyn Map>,
        name: ObjectName,
        btf: Option<MapBtf>,
        meta: MapMeta,
        domains: RcuDomains,
    ) -> Self {
        Self {
            bound: BoundMap::new(map),
            name,
            btf,
            meta: Arc::new(meta),
            domains,
            was_inner: AtomicBool::new(false),
        }
    }

    /// The map.
    pub fn map(&self) -> &dyn Map {
        self.bound.map()
    }

    /// The map at the address programs see.
    pub fn bound(&self) -> &Arc<BoundMap> {
        &self.bound
    }

    /// Its name.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// Its BTF.
    pub fn btf(&self) -> Option<&MapBtf> {
        self.btf.as_ref()
    }

    /// What the verifier knows of it, as of now.
    pub fn meta(&self) -> Arc<MapMeta> {
        if !self.map().base().is_frozen() || self.meta.frozen {
            return Arc::clone(&self.meta);
        }
        Arc::new(MapMeta {
            frozen: true,
            ..MapMeta::clone(&self.meta)
        })
    }
}

impl Object for MapObject {
    fn on_last_user_ref(&self) {
        self.map().on_last_user_ref();
    }

    fn release(dead: Dead<Self>) {
        if dead.was_inner.load(Ordering::Acquire) {
            let domains = dead.domains.clone();
            domains.call_after_both(move || drop(dead));
        }
    }
}

/// A map inside another map.
pub struct InnerMap {
    map: Ref<MapObject>,
    id: ObjectId,
}

impl InnerMap {
    /// A reference for an outer map. EINVAL: the map has no id (yet).
    pub(crate) fn new(map: Ref<MapObject>) -> SysResult<Self> {
        let Some(id) = map.id() else {
            return SysError::err(Errno::EINVAL, "map has no id");
        };
        map.was_inner.store(true, Ordering::Release);
        Ok(Self { map, id })
    }
}

impl HeldRef for InnerMap {
    fn id(&self) -> ObjectId {
        self.id
    }

    fn handle(&self) -> Addr {
        self.map.bound.handle()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl HeldMap for InnerMap {
    fn map(&self) -> &dyn Map {
        self.map.bound.map()
    }
}
