//! A link: a program at a hook, for as long as somebody holds the link.
//!
//! Only links that need no live object of the host exist: raw tracepoints, trampolines, iterators. None of them can be
//! detached before its last reference goes, as in Linux.

use std::sync::Arc;

use parking_lot::RwLock;
use skep_object::{Errno, Object, Ref, SysError, SysResult, UserRef};
use skep_uapi::{AttachType, LinkType};

use crate::hooks::{Attachment, Hooks};
use crate::object::{MapObject, Prog};

/// What a link is made of, by type.
#[derive(Clone)]
pub enum LinkKind {
    /// A program at a tracepoint.
    RawTracepoint {
        /// The tracepoint.
        name: String,
        /// What `bpf_get_attach_cookie` gives.
        cookie: u64,
    },
    /// A program at a function.
    Tracing {
        /// Where.
        target: TracingTarget,
        /// What `bpf_get_attach_cookie` gives.
        cookie: u64,
    },
    /// An iterator program and what it is to walk over.
    Iter {
        /// The name of what it walks over.
        target: String,
        /// What it is restricted to.
        only: IterOnly,
    },
}

/// A function that trampolines attach to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TracingTarget {
    /// Id of the BTF object.
    pub btf_object: u32,
    /// The function in it.
    pub btf_id: u32,
}

/// What an iterator is restricted to.
#[derive(Clone)]
pub enum IterOnly {
    /// Nothing.
    Everything,
    /// The elements of a map, which the link holds as a descriptor would.
    Map(UserRef<MapObject>),
    /// A thread.
    Thread(u32),
    /// A process.
    Process(u32),
}

/// A program at a hook.
pub struct Link {
    kind: LinkKind,
    attach_type: AttachType,
    prog: RwLock<Ref<Prog>>,
    hooks: Arc<Hooks>,
    /// Its place at the hook; `None` where hooks keep no list.
    attachment: Option<Attachment>,
}

impl Link {
    /// A link that is at its hook already, if there is one.
    pub(crate) fn new(
        kind: LinkKind,
        attach_type: AttachType,
        prog: Ref<Prog>,
        hooks: Arc<Hooks>,
        attachment: Option<Attachment>,
    ) -> Self {
        Self {
            kind,
            attach_type,
            prog: RwLock::new(prog),
            hooks,
            attachment,
        }
    }

    /// Its type.
    pub fn link_type(&self) -> LinkType {
        match self.kind {
            LinkKind::RawTracepoint { .. } => LinkType::RawTracepoint,
            LinkKind::Tracing { .. } => LinkType::Tracing,
            LinkKind::Iter { .. } => LinkType::Iter,
        }
    }

    /// What it is made of.
    pub fn kind(&self) -> &LinkKind {
        &self.kind
    }

    /// The attach type it was made with.
    pub fn attach_type(&self) -> AttachType {
        self.attach_type
    }

    /// Its program, now.
    pub fn prog(&self) -> Ref<Prog> {
        self.prog.read().clone()
    }

    /// Puts another program in place of its own, which has to be `expected` if that is given. EPERM: it is not. EINVAL:
    /// the link keeps its program, or the programs are not alike.
    pub(crate) fn update_prog(
        &self,
        new: Ref<Prog>,
        expected: Option<&Ref<Prog>>,
    ) -> SysResult<()> {
        match self.kind {
            LinkKind::Iter { .. } => {}
            LinkKind::RawTracepoint { .. } | LinkKind::Tracing { .. } => {
                return SysError::err(Errno::EINVAL, "links of this type keep their program");
            }
        }
        let mut current = self.prog.write();
        if expected.is_some_and(|expected| !expected.same(&current)) {
            return SysError::err(
                Errno::EPERM,
                "the link has another program than old_prog_fd",
            );
        }
        let attaches = |prog: &Prog| {
            let request = prog.request();
            let place = (request.expected_attach_type, request.attach_btf_id);
            (prog.prog_type(), place)
        };
        if attaches(&new) != attaches(&current) {
            return SysError::err(Errno::EINVAL, "programs attach to different places");
        }
        let old = std::mem::replace(&mut *current, new);
        drop(current);
        // Perhaps the last reference to it: after the lock.
        drop(old);
        Ok(())
    }
}

impl Object for Link {
    fn on_last_ref(&self) {
        if let Some(attachment) = &self.attachment {
            self.hooks.detach(attachment);
        }
    }
}
