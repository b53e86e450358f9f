//! What is in the session and who holds it: the kernel knows the objects that hold others, we know processes and pins.

use std::collections::BTreeMap;

use skep_kernel::{Listed, ObjectKind, ObjectName};
use skep_object::{Errno, ObjectId, SysError, SysResult};

use super::message::{Holder, ObjectRow};
use crate::file_key::FileKey;
use crate::session::Session;

/// Every object with its holders.
pub(super) fn list(session: &Session) -> Vec<ObjectRow> {
    let mut outside = holders_outside(session);
    let rows = session.kernel.list().into_iter();
    rows.map(|listed| row(&listed, outside.remove(&listed.object).unwrap_or_default()))
        .collect()
}

/// Takes an object's pins and descriptors; clients that still have one find that it is no bpf object any more. ENOENT.
/// EINVAL: several kinds have this id. EBUSY: other objects hold it.
pub(super) fn remove(session: &Session, kind: Option<&str>, id: u32) -> SysResult<ObjectRow> {
    let kind = match kind {
        None => None,
        Some(name) => match ObjectKind::from_name(name) {
            Some(kind) => Some(kind),
            None => return SysError::err(Errno::EINVAL, format!("no kind is called {name}")),
        },
    };
    let wanted = |listed: &Listed| {
        let object = listed.object;
        object.id.get() == id && kind.is_none_or(|kind| kind == object.kind)
    };
    let found: Vec<Listed> = session.kernel.list().into_iter().filter(wanted).collect();
    let listed = match found.as_slice() {
        [] => return SysError::err(Errno::ENOENT, "no object with this id"),
        [one] => one,
        several => {
            let names = join(several.iter().map(|listed| listed.object));
            return SysError::err(Errno::EINVAL, format!("say which: {names}"));
        }
    };
    if !listed.held_by.is_empty() {
        let holders = join(listed.held_by.iter().copied());
        let why = format!("{} is in use by {holders}", listed.object);
        return SysError::err(Errno::EBUSY, why);
    }
    let outside = holders_outside(session).remove(&listed.object);
    session
        .pins
        .remove(&session.view, &session.hints, listed.object)?;
    session.handles.remove(&session.hints, listed.object);
    Ok(row(listed, outside.unwrap_or_default()))
}

fn join(names: impl Iterator<Item = ObjectName>) -> String {
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    names.join(", ")
}

fn row(listed: &Listed, outside: Vec<Holder>) -> ObjectRow {
    let inside = listed.held_by.iter().map(|holder| {
        let id = holder.id.get();
        match holder.kind {
            ObjectKind::Map => Holder::Map { id },
            ObjectKind::Prog => Holder::Prog { id },
            ObjectKind::Link => Holder::Link { id },
            ObjectKind::Btf => Holder::Btf { id },
        }
    });
    ObjectRow {
        kind: listed.object.kind.name().to_owned(),
        id: ObjectId::get(listed.object.id),
        of_type: listed.of_type.to_owned(),
        name: listed.name.clone(),
        memory: listed.memory,
        holders: outside.into_iter().chain(inside).collect(),
    }
}

/// Pins, and the descriptors of every process we can look into.
fn holders_outside(session: &Session) -> BTreeMap<ObjectName, Vec<Holder>> {
    let mut holders: BTreeMap<ObjectName, Vec<Holder>> = BTreeMap::new();
    let mut files: BTreeMap<FileKey, (ObjectName, bool)> = session
        .handles
        .all()
        .into_iter()
        .map(|(key, object)| (key, (object, false)))
        .collect();
    for (pid, fd, key) in descriptors() {
        let Some((object, seen)) = files.get_mut(&key) else {
            continue;
        };
        *seen = true;
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let holder = Holder::Fd {
            pid,
            comm: comm.trim_end().to_owned(),
            fd,
        };
        holders.entry(*object).or_default().push(holder);
    }
    for (object, seen) in files.values() {
        if !seen {
            holders.entry(*object).or_default().push(Holder::Handle);
        }
    }
    for (object, path) in session.pins.all(&session.view) {
        let path = path.to_string_lossy().into_owned();
        holders
            .entry(object)
            .or_default()
            .push(Holder::Pin { path });
    }
    holders
}

/// (process, descriptor, file) of every process but this one, as far as they can be read.
fn descriptors() -> impl Iterator<Item = (u32, u32, FileKey)> {
    let own = std::process::id();
    let pids = numbers("/proc").filter(move |pid| *pid != own);
    pids.flat_map(|pid| {
        let directory = format!("/proc/{pid}/fd");
        numbers(&directory).filter_map(move |fd| {
            let stat = rustix::fs::stat(format!("{directory}/{fd}")).ok()?;
            Some((pid, fd, FileKey::from_stat(&stat)))
        })
    })
}

/// The names in a directory that are numbers.
fn numbers(directory: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
