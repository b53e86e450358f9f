//! The archive of objects: a tar file packed with zstd.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result};
use ruzstd::decoding::StreamingDecoder;

/// One object of the archive.
pub(super) struct Object {
    /// `corpus/object`, as units name them.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads every object, in the order of their names.
pub(super) fn read(path: &Path) -> Result<Vec<Object>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let unpacked = StreamingDecoder::new(BufReader::new(file))
        .with_context(|| format!("{} is not packed with zstd", path.display()))?;
    let mut objects = Vec::new();
    for entry in tar::Archive::new(unpacked).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        if !name.ends_with(".o") {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        objects.push(Object { name, bytes });
    }
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(objects)
}
