//! Contents of maps, decoded by the object's BTF.

use std::fmt::Write;

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};
use skep_btf::{BtfTypeId, Value};
use skep_kernel::{Client, Fd, FdEntry, FdObject, FdTable};
use skep_loader::{Loaded, MapSpec, Object, Slot};
use skep_uapi::MapType;

use crate::value;

/// One map with what was in it.
pub(crate) struct Dump {
    name: String,
    kernel_name: String,
    map_type: MapType,
    max_entries: u32,
    content: Content,
}

enum Content {
    /// One value whose members are variables.
    Variables(Value),
    Entries(Vec<Entry>),
    /// Records of a ring buffer, taken out of it.
    Records(Vec<Value>),
    /// What its elements refer to.
    Slots(Vec<(u32, String)>),
    /// Why it is not shown.
    Not(String),
}

struct Entry {
    key: Value,
    /// The value, or the sum over the CPUs.
    value: Option<Value>,
    /// Each CPU's; empty for ordinary maps.
    per_cpu: Vec<Value>,
}

/// Struct types for the records of ring buffers, by map.
pub(crate) struct RecordTypes(Vec<(String, BtfTypeId)>);

impl RecordTypes {
    /// Reads `MAP=STRUCT` arguments.
    pub(crate) fn parse(object: &Object, arguments: &[String]) -> Result<Self> {
        let mut types = Vec::new();
        for argument in arguments {
            let Some((map, name)) = argument.split_once('=') else {
                bail!("'{argument}' is not of the form MAP=STRUCT");
            };
            let name = name.trim_start_matches("struct ");
            let Some(id) = object
                .btf
                .find_by_name_kind(name, skep_btf::BtfKind::Struct)
            else {
                bail!("the object has no struct '{name}'");
            };
            types.push((map.to_owned(), id));
        }
        Ok(Self(types))
    }

    fn of(&self, map: &MapSpec) -> BtfTypeId {
        let named = self.0.iter().find(|(name, _)| *name == map.name);
        named.map_or(map.value_type, |(_, id)| *id)
    }
}

/// Reads every map of a loaded object.
pub(crate) fn all(
    client: &Client,
    object: &Object,
    loaded: &Loaded,
    records: &RecordTypes,
) -> Vec<Dump> {
    let maps = object.maps.iter().zip(&loaded.maps);
    maps.map(|(map, fd)| Dump {
        name: map.name.clone(),
        kernel_name: map.kernel_name.clone(),
        map_type: map.map_type,
        max_entries: map.max_entries,
        content: match fd {
            Ok(fd) => content(client, object, map, *fd, records),
            Err(failure) => Content::Not(failure.to_string()),
        },
    })
    .collect()
}

fn content(
    client: &Client,
    object: &Object,
    map: &MapSpec,
    fd: Fd,
    records: &RecordTypes,
) -> Content {
    match map.map_type {
        MapType::Ringbuf => ring(client, object, fd, records.of(map)),
        MapType::ProgArray | MapType::ArrayOfMaps | MapType::HashOfMaps => {
            let slots = map.slots.iter().map(|(index, slot)| {
                let held = match slot {
                    Slot::Program(name) => name.clone(),
                    Slot::Map(number) => object
                        .maps
                        .get(*number)
                        .map_or(String::new(), |map| map.name.clone()),
                };
                (*index, held)
            });
            Content::Slots(slots.collect())
        }
        _ => entries(client, object, map, fd),
    }
}

fn ring(client: &Client, object: &Object, fd: Fd, record: BtfTypeId) -> Content {
    let FdEntry::Object(FdObject::Map { map, .. }) = client.fds().get(fd) else {
        return Content::Not("its descriptor is closed".into());
    };
    let Some(ring) = map.map().as_ringbuf() else {
        return Content::Not("it is no ring buffer".into());
    };
    let decode = |bytes: Vec<u8>| decode(object, record, &bytes);
    Content::Records(ring.records().map(decode).collect())
}

fn entries(client: &Client, object: &Object, map: &MapSpec, fd: Fd) -> Content {
    let mut found = match client.map_entries(fd) {
        Ok(found) => found,
        Err(error) => return Content::Not(error.to_string()),
    };
    // Hashes give their keys in no order; arrays have them in that of numbers.
    let is_array = matches!(map.map_type, MapType::Array | MapType::PercpuArray);
    if !is_array {
        found.sort();
    }
    if map.name.starts_with('.') {
        let value = found
            .first()
            .map(|(_, value)| decode(object, map.value_type, value));
        return Content::Variables(value.unwrap_or(Value::Struct(Vec::new())));
    }
    let per_cpu = matches!(
        map.map_type,
        MapType::PercpuArray
            | MapType::PercpuHash
            | MapType::LruPercpuHash
            | MapType::PercpuCgroupStorage
    );
    let entries = found.iter().map(|(key, bytes)| {
        let key = if is_array && map.key_type.is_void() {
            let number = key
                .first_chunk()
                .map_or(0, |bytes| u32::from_ne_bytes(*bytes));
            Value::Unsigned(number.into())
        } else {
            decode(object, map.key_type, key)
        };
        if !per_cpu {
            let value = Some(decode(object, map.value_type, bytes));
            return Entry {
                key,
                value,
                per_cpu: Vec::new(),
            };
        }
        let size = map.value_size as usize;
        let parts = bytes.chunks(size.next_multiple_of(8).max(8));
        let parts: Vec<Value> = parts
            .map(|part| decode(object, map.value_type, part.get(..size).unwrap_or(part)))
            .collect();
        let mut rest = parts.iter().skip(1);
        let first = parts.first().cloned();
        Entry {
            key,
            value: first.and_then(|first| rest.try_fold(first, |sum, part| value::sum(&sum, part))),
            per_cpu: parts,
        }
    });
    Content::Entries(entries.collect())
}

fn decode(object: &Object, id: BtfTypeId, bytes: &[u8]) -> Value {
    if id.is_void() {
        return Value::Bytes(bytes.to_vec());
    }
    object.btf.dump_value(id, bytes)
}

impl Dump {
    /// For the terminal.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let map_type = self.map_type.name().to_ascii_lowercase();
        write!(out, "map {} ({map_type}", self.name)?;
        if self.kernel_name != self.name {
            write!(out, " {}", self.kernel_name)?;
        }
        match &self.content {
            Content::Variables(value) => {
                writeln!(out, ")")?;
                match value {
                    Value::Struct(variables) => {
                        let width = variables
                            .iter()
                            .map(|(name, _)| name.len())
                            .max()
                            .unwrap_or(0);
                        for (name, value) in variables {
                            writeln!(out, "  {name:width$} = {value}")?;
                        }
                    }
                    other => writeln!(out, "  {other}")?,
                }
            }
            Content::Entries(entries) => {
                writeln!(out, ", {} of {} entries)", entries.len(), self.max_entries)?;
                let keys: Vec<String> = entries.iter().map(|entry| entry.key.to_string()).collect();
                let width = keys.iter().map(String::len).max().unwrap_or(0).min(60);
                for (key, entry) in keys.iter().zip(entries) {
                    writeln!(out, "  {key:width$} : {}", entry.text())?;
                }
            }
            Content::Records(records) => {
                writeln!(out, ", {} records)", records.len())?;
                for record in records {
                    writeln!(out, "  {record}")?;
                }
            }
            Content::Slots(slots) => {
                writeln!(
                    out,
                    ", {} of {} slots set by the object)",
                    slots.len(),
                    self.max_entries
                )?;
                for (index, held) in slots {
                    writeln!(out, "  {index} : {held}")?;
                }
            }
            Content::Not(why) => writeln!(out, ") not shown: {why}")?,
        }
        Ok(())
    }

    /// The map's name and its JSON.
    pub(crate) fn json(&self) -> (String, Json) {
        let content = match &self.content {
            Content::Variables(value) => json!({"variables": value::to_json(value)}),
            Content::Entries(entries) => {
                json!({"entries": entries.iter().map(Entry::json).collect::<Vec<_>>()})
            }
            Content::Records(records) => {
                json!({"records": records.iter().map(value::to_json).collect::<Vec<_>>()})
            }
            Content::Slots(slots) => {
                let slots = slots
                    .iter()
                    .map(|(index, held)| (index.to_string(), json!(held)));
                json!({"slots": Json::Object(slots.collect())})
            }
            Content::Not(why) => json!({"error": why}),
        };
        let mut map = json!({
            "type": self.map_type.name().to_ascii_lowercase(),
            "kernel_name": self.kernel_name,
            "max_entries": self.max_entries,
        });
        if let (Json::Object(map), Json::Object(content)) = (&mut map, content) {
            map.extend(content);
        }
        (self.name.clone(), map)
    }
}

impl Entry {
    fn text(&self) -> String {
        match &self.value {
            Some(value) => value.to_string(),
            None => Value::Array(self.per_cpu.clone()).to_string(),
        }
    }

    fn json(&self) -> Json {
        let mut entry = json!({"key": value::to_json(&self.key)});
        if let Some(value) = &self.value {
            entry["value"] = value::to_json(value);
        }
        if !self.per_cpu.is_empty() {
            entry["per_cpu"] = self.per_cpu.iter().map(value::to_json).collect();
        }
        entry
    }
}
