//! One attempt: BTF, maps, the load, and runs of what is accepted.

use std::fmt;
use std::time::Duration;

use skep_uapi::{Cmd, Errno, ProgType};

use super::super::target::{Call, Outcome, Target};
use super::super::watchdog::Watchdog;
use super::subject::Subject;
use super::tally::Tally;
use crate::corpus::request::{self, Placed, ProgBuffers};
use crate::corpus::{Attr, MapSpec};
use crate::rng::Rng;

/// Inputs that an accepted program is run on.
const RUNS: usize = 4;
/// Context of a syscall program, at most.
const LARGEST_CONTEXT: usize = 256;

/// What must not happen.
pub(super) enum Found {
    Panic(Cmd),
    Trap(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(command) => write!(f, "panicked in {}", command.name()),
            Self::Trap(why) => write!(f, "trapped ({why})"),
        }
    }
}

pub(super) struct Attempt<'a> {
    pub(super) target: &'a Target,
    pub(super) watchdog: &'a Watchdog,
    pub(super) number: u64,
    pub(super) subject: &'a Subject,
}

impl Attempt<'_> {
    /// Loads, runs and closes everything; what was found.
    pub(super) fn make(&self, rng: &mut Rng, tally: &mut Tally) -> Option<Found> {
        self.target.forget_memory();
        let mut fds = Vec::new();
        let result = self.load_and_run(rng, tally, &mut fds);
        for fd in fds.into_iter().rev() {
            self.target.close(fd);
        }
        if result.is_err() {
            tally.findings += 1;
        }
        result.err()
    }

    fn load_and_run(
        &self,
        rng: &mut Rng,
        tally: &mut Tally,
        fds: &mut Vec<i32>,
    ) -> Result<(), Found> {
        let btf = self.btf(&self.subject.btf, fds)?;
        let mut maps = Vec::new();
        for (spec, blob) in self.subject.unit.maps.iter().zip(&self.subject.map_btfs) {
            let fd = self.map(spec, blob, &maps, fds)?;
            self.fill(rng, spec, fd)?;
            maps.push(fd);
        }
        let (outcome, time) = self.load(rng, &maps, btf)?;
        tally.load(outcome, time);
        let Outcome::Value(fd) = outcome else {
            return Ok(());
        };
        let prog = fd.cast_signed();
        fds.push(prog);
        if self.subject.runs() {
            for _ in 0..RUNS {
                let (outcome, time) = self.run(rng, prog)?;
                tally.run(outcome, time);
            }
        }
        Ok(())
    }

    fn call(&self, command: Cmd, attr: Attr) -> Result<(Outcome, Duration), Found> {
        let mut call = Call::new(command as u32, attr.done(), Vec::new());
        let (outcome, time) = self
            .watchdog
            .watch(self.number, |cancel| self.target.call(&mut call, cancel));
        match outcome {
            Outcome::Value(_) | Outcome::Errno(_) => Ok((outcome, time)),
            Outcome::Panicked => Err(Found::Panic(command)),
            Outcome::Trapped => Err(Found::Trap(self.target.last_trap())),
        }
    }

    /// A descriptor, or -1.
    fn made(&self, command: Cmd, attr: Attr, fds: &mut Vec<i32>) -> Result<i32, Found> {
        Ok(match self.call(command, attr)?.0 {
            Outcome::Value(fd) => {
                fds.push(fd.cast_signed());
                fd.cast_signed()
            }
            Outcome::Errno(_) | Outcome::Panicked | Outcome::Trapped => -1,
        })
    }

    fn btf(&self, blob: &[u8], fds: &mut Vec<i32>) -> Result<i32, Found> {
        if blob.is_empty() {
            return Ok(0);
        }
        let blob = self.target.place(blob);
        self.made(Cmd::BtfLoad, request::btf_load(blob), fds)
    }

    fn map(
        &self,
        spec: &MapSpec,
        blob: &[u8],
        earlier: &[i32],
        fds: &mut Vec<i32>,
    ) -> Result<i32, Found> {
        let btf = self.btf(blob, fds)?;
        let template = spec.inner.and_then(|inner| usize::try_from(inner).ok());
        let inner = template.and_then(|index| earlier.get(index)).copied();
        let attr = request::map_create(spec, inner.unwrap_or(0), btf);
        self.made(Cmd::MapCreate, attr, fds)
    }

    /// Element 0 gets random bytes, or those of a constant map, which is frozen.
    fn fill(&self, rng: &mut Rng, spec: &MapSpec, fd: i32) -> Result<(), Found> {
        const LARGE: usize = 1 << 12;
        if fd < 0 || spec.value_size as usize > LARGE {
            return Ok(());
        }
        let recorded = spec.value0.as_deref().map(crate::corpus::from_hex);
        let value = match recorded {
            Some(Ok(value)) => value,
            Some(Err(_)) | None => (0..spec.value_size.div_ceil(8))
                .flat_map(|_| rng.interesting().to_le_bytes())
                .collect(),
        };
        let key = self
            .target
            .place(&vec![0; (spec.key_size as usize).min(LARGE)]);
        let value = self.target.place(&value);
        let attr = request::map_elem(fd, key.at, value.at, 0);
        self.call(Cmd::MapUpdateElem, attr)?;
        if spec.frozen {
            self.call(Cmd::MapFreeze, Attr::default().fd(fd))?;
        }
        Ok(())
    }

    fn load(&self, rng: &mut Rng, maps: &[i32], btf_fd: i32) -> Result<(Outcome, Duration), Found> {
        let unit = &self.subject.unit;
        let mut insns = self.subject.insns.clone();
        request::name_maps(&mut insns, |index| maps.get(index).copied());
        let license = format!("{}\0", unit.license.as_deref().unwrap_or_default());
        let log_level = [0, 0, 0, 1, 2, 4][rng.below(6)];
        let log = match log_level {
            0 => Placed::default(),
            _ => self.target.place(&vec![0; 1 << 16]),
        };
        let buffers = ProgBuffers {
            insns: self.target.place(&insns),
            license: self.target.place(license.as_bytes()),
            func_info: self.target.place(&self.subject.func_info),
            line_info: self.target.place(&self.subject.line_info),
            fd_array: Placed::default(),
            log,
            log_level,
            btf_fd,
        };
        self.call(Cmd::ProgLoad, request::prog_load(unit, &buffers))
    }

    fn run(&self, rng: &mut Rng, prog: i32) -> Result<(Outcome, Duration), Found> {
        let syscall = self.subject.unit.prog_type == ProgType::Syscall.raw();
        let (packet, context) = if syscall {
            let len = rng.below(LARGEST_CONTEXT);
            (Vec::new(), rng.bytes(len))
        } else {
            (packet(rng), Vec::new())
        };
        let (packet, context) = (self.target.place(&packet), self.target.place(&context));
        let attr = request::test_run_with_context(prog, packet, context);
        let (outcome, time) = self.call(Cmd::ProgTestRun, attr)?;
        // Every buffer is there: nothing but a trap is a fault.
        if outcome == Outcome::Errno(Errno::EFAULT.0) {
            return Err(Found::Trap("EFAULT of a run".to_owned()));
        }
        Ok((outcome, time))
    }
}

/// A frame that is IPv4, IPv6 or neither, random behind its first header bytes.
fn packet(rng: &mut Rng) -> Vec<u8> {
    let len = 64 + rng.below(200);
    let mut packet = rng.bytes(len);
    let kinds: [(&[u8], u8); 3] = [(&[8, 0], 0x45), (&[0x86, 0xdd], 0x60), (&[0x12, 0x34], 0)];
    if let Some((ethertype, version)) = rng.pick(&kinds) {
        packet[12..14].copy_from_slice(ethertype);
        packet[14] = *version;
        packet[23] = *rng.pick(&[1, 6, 17]).unwrap_or(&6);
    }
    packet
}
