//! What is loaded: a program with its maps, BTF and records.

use anyhow::Result;
use skep_uapi::ProgType;

use super::make;
use crate::corpus::{Filter, Folder, MapSpec, Mode, Unit, from_hex};
use crate::rng::Rng;

/// Rows of the corpus that take longer to verify are not used.
const LONG_LOAD: u64 = 10_000;

/// Bytes of an instruction.
pub(super) const INSN: usize = 8;

/// A load request under construction.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Attributes; its instructions and records are replaced by those below.
    pub(super) unit: Unit,
    pub(super) insns: Vec<u8>,
    pub(super) func_info: Vec<u8>,
    pub(super) line_info: Vec<u8>,
    pub(super) btf: Vec<u8>,
    /// BTF blobs of the maps, in their order.
    pub(super) map_btfs: Vec<Vec<u8>>,
}

impl Subject {
    /// Enough to load it again by hand.
    pub(super) fn describe(&self) -> String {
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        format!(
            "{}/{} type {} attach {} insns {} func_info {} line_info {}",
            self.unit.object,
            self.unit.program,
            self.unit.prog_type,
            self.unit.expected_attach_type,
            hex(&self.insns),
            hex(&self.func_info),
            hex(&self.line_info),
        )
    }

    /// Program types that skep can run by PROG_TEST_RUN.
    pub(super) fn runs(&self) -> bool {
        matches!(
            ProgType::from_raw(self.unit.prog_type),
            Some(
                ProgType::SocketFilter
                    | ProgType::SchedCls
                    | ProgType::SchedAct
                    | ProgType::CgroupSkb
                    | ProgType::LwtIn
                    | ProgType::LwtOut
                    | ProgType::LwtXmit
                    | ProgType::Xdp
                    | ProgType::Syscall
            )
        )
    }
}

/// Recorded programs.
pub(super) struct Pool {
    folders: Vec<Folder>,
    rows: Vec<(usize, Unit)>,
}

impl Pool {
    pub(super) fn read(folders: Vec<Folder>) -> Result<Self> {
        let mut rows = Vec::new();
        for (index, folder) in folders.iter().enumerate() {
            let filter = Filter {
                mode: Mode::Priv,
                name: None,
            };
            let short = |unit: &Unit| unit.processed_insns.is_none_or(|count| count < LONG_LOAD);
            let units = folder.rows(&filter)?.into_iter().map(|row| row.unit);
            rows.extend(units.filter(short).map(|unit| (index, unit)));
        }
        Ok(Self { folders, rows })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A recorded program, or, one time in three, a made-up one.
    pub(super) fn choose(&self, rng: &mut Rng) -> Result<Subject> {
        if rng.chance(1, 3) {
            return make::program(rng);
        }
        let Some((folder, unit)) = rng.pick(&self.rows) else {
            return make::program(rng);
        };
        let blob = |name: Option<&str>| match name {
            Some(name) => self.folders[*folder].btf(name),
            None => Ok(Vec::new()),
        };
        let map_btfs = |map: &MapSpec| blob(map.btf.as_deref());
        Ok(Subject {
            insns: from_hex(&unit.insns)?,
            func_info: from_hex(&unit.func_info)?,
            line_info: from_hex(&unit.line_info)?,
            btf: blob(unit.btf.as_deref())?,
            map_btfs: unit.maps.iter().map(map_btfs).collect::<Result<_>>()?,
            unit: unit.clone(),
        })
    }

    /// An instruction of some recorded program.
    pub(super) fn insn(&self, rng: &mut Rng) -> Option<[u8; INSN]> {
        let (_, unit) = rng.pick(&self.rows)?;
        let insns = from_hex(&unit.insns).ok()?;
        let (insns, _) = insns.as_chunks::<INSN>();
        rng.pick(insns).copied()
    }
}
