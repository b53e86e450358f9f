//! One row of a corpus: a load request and the answer Linux gave.

use serde::{Deserialize, Serialize};

/// Whether a row was loaded with or without capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// As root.
    Priv,
    /// Without any capability.
    Unpriv,
}

/// A map the program needs; `maps[i]` is what `ld_imm64` with immediate `i` means.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MapSpec {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) map_type: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    #[serde(default)]
    pub(crate) flags: u32,
    #[serde(default)]
    pub(crate) map_extra: u64,
    #[serde(default)]
    pub(crate) btf: Option<String>,
    #[serde(default)]
    pub(crate) btf_key_type_id: u32,
    #[serde(default)]
    pub(crate) btf_value_type_id: u32,
    #[serde(default)]
    pub(crate) btf_vmlinux_value_type_id: u32,
    /// Index of the template of a map-in-map; negative means none.
    #[serde(default)]
    pub(crate) inner: Option<i64>,
    #[serde(default)]
    pub(crate) frozen: bool,
    /// Element 0 in hex.
    #[serde(default)]
    pub(crate) value0: Option<String>,
}

/// An entry of the load request's `fd_array`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FdArrayEntry {
    #[serde(default)]
    pub(crate) map: Option<usize>,
    #[serde(default)]
    pub(crate) btf: Option<String>,
}

/// One input of `BPF_PROG_TEST_RUN`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TestRun {
    /// Packet bytes in hex.
    pub(crate) data: String,
}

/// A recorded load.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Unit {
    pub(crate) object: String,
    pub(crate) program: String,
    /// Tells programs of one name in one object apart.
    #[serde(default)]
    pub(crate) idx: u32,
    pub(crate) mode: Mode,
    pub(crate) prog_type: u32,
    #[serde(default)]
    pub(crate) expected_attach_type: u32,
    #[serde(default)]
    pub(crate) prog_flags: u32,
    #[serde(default)]
    pub(crate) attach_btf_id: u32,
    /// Not 0: the load named another program, which a row cannot carry.
    #[serde(default)]
    pub(crate) attach_prog_or_btf_fd: u32,
    #[serde(default)]
    pub(crate) prog_ifindex: u32,
    #[serde(default)]
    pub(crate) kern_version: u32,
    #[serde(default)]
    pub(crate) attr_prog_name: String,
    #[serde(default)]
    pub(crate) license: Option<String>,
    /// Eight bytes an instruction, in hex.
    pub(crate) insns: String,
    #[serde(default)]
    pub(crate) btf: Option<String>,
    #[serde(default)]
    pub(crate) func_info: String,
    #[serde(default)]
    pub(crate) func_info_rec_size: u32,
    #[serde(default)]
    pub(crate) line_info: String,
    #[serde(default)]
    pub(crate) line_info_rec_size: u32,
    #[serde(default)]
    pub(crate) fd_array: Option<Vec<FdArrayEntry>>,
    #[serde(default)]
    pub(crate) maps: Vec<MapSpec>,
    #[serde(default)]
    pub(crate) runs: Option<Vec<TestRun>>,

    /// 0 for an accepted program.
    pub(crate) errno: i32,
    #[serde(default)]
    pub(crate) last_error_line: Option<String>,
    #[serde(default)]
    pub(crate) last_error_line2: Option<String>,
    #[serde(default)]
    pub(crate) processed_insns: Option<u64>,
    #[serde(default)]
    pub(crate) run_retval: Option<i64>,
    #[serde(default)]
    pub(crate) run_retvals: Option<Vec<i64>>,
    #[serde(default)]
    env_limited: Option<String>,
}

impl Unit {
    /// Whether the answer is the recording machine's: such rows are not scored.
    pub(crate) fn left_out(&self) -> bool {
        self.env_limited.as_ref().is_some_and(|why| !why.is_empty())
    }

    /// Whether Linux accepted the program.
    pub(crate) fn accepted(&self) -> bool {
        self.errno == 0
    }

    /// What makes two rows the same program: what the verdict depends on except names and BTF, and the
    /// verdict, which BTF may decide.
    pub(crate) fn identity(&self) -> String {
        let maps: Vec<_> = self
            .maps
            .iter()
            .map(|m| {
                (
                    m.map_type,
                    m.key_size,
                    m.value_size,
                    m.max_entries,
                    m.flags,
                    &m.value0,
                )
            })
            .collect();
        format!(
            "{} {} {} {} {} {} {maps:?}",
            self.errno,
            self.prog_type,
            self.expected_attach_type,
            self.prog_flags,
            self.attach_btf_id,
            self.insns
        )
    }
}
