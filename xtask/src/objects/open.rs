//! Opening an object with `skep-loader`, into the form the units have.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use skep_btf::Btf;
use skep_loader::{MissingExterns, Object, Target};

use super::compare::Opened;
use crate::corpus::Folder;

/// The kernel that objects are opened for.
pub(super) struct Opener {
    btf: Arc<Btf>,
    release: String,
}

/// What an object came to.
pub(super) struct OpenedObject {
    pub(super) programs: Vec<Opened>,
    /// Programs that could not be put together: name and reason.
    pub(super) broken: Vec<(String, String)>,
}

impl Opener {
    /// For the kernel the folder was recorded on.
    pub(super) fn new(folder: &Folder) -> Result<Self> {
        let kernel = folder.kernel()?;
        let kernel = kernel.context("the folder has no vmlinux-RELEASE.btf.gz")?;
        let btf = Btf::parse(&kernel.btf).map_err(|error| anyhow!("kernel BTF: {error:?}"))?;
        Ok(Self {
            btf: Arc::new(btf),
            release: kernel.release,
        })
    }

    /// The programs of one object, relocated against the kernel.
    pub(super) fn open(&self, file_name: &str, bytes: &[u8]) -> Result<OpenedObject, String> {
        let target = Target {
            btf: Some(&self.btf),
            release: &self.release,
            // As in the recording: what is missing leaves a poisoned call, and the verifier says so.
            missing: MissingExterns::AsWeak,
            ..Target::default()
        };
        let object = Object::open(file_name, bytes, &target).map_err(|error| error.to_string())?;
        let maps: Vec<String> = object.maps.into_iter().map(|map| map.kernel_name).collect();
        let programs = object.programs.into_iter().map(|program| Opened {
            name: program.name,
            insns: skep_isa::encode_program(&program.insns),
            maps: maps.clone(),
        });
        let broken = object.broken.into_iter();
        Ok(OpenedObject {
            programs: programs.collect(),
            broken: broken
                .map(|broken| (broken.name, broken.why.to_string()))
                .collect(),
        })
    }
}
