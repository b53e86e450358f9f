//! Runs every file below `filetests/` through every engine that applies.
//!
//! `SKEP_BLESS=1` (as root on Linux 6.18) writes expectations anew from what the running kernel says.

use libtest_mimic::{Arguments, Failed, Trial};
use skep_filetests::border::{Border, Native, Skep};
use skep_filetests::coverage::paths;
use skep_filetests::format::{Filetest, Mode, Run};
use skep_filetests::judge::{blessed, differences};
use skep_filetests::load::{Answer, load, runnable};
use skep_filetests::program::{NoProgram, Program};
use skep_kernel::{Caps, Engine, Identity, Kernel};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

/// The kernel whose verdicts the files hold.
const REFERENCE: &str = "6.18.";

static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::host);
static CHECK: LazyLock<Arc<Kernel>> = LazyLock::new(|| Skep::session(&IDENTITY, Engine::Check));
static JIT: LazyLock<Arc<Kernel>> = LazyLock::new(|| Skep::session(&IDENTITY, Engine::Jit));

/// What this machine can be asked.
#[derive(Clone, Copy)]
struct Host {
    /// Its bpf(2) answers and it is the reference.
    kernel: bool,
    /// Without capabilities too.
    unprivileged: bool,
    /// Its types are the reference's.
    types: bool,
    bless: bool,
}

impl Host {
    fn look() -> Self {
        let reference = IDENTITY.release.starts_with(REFERENCE);
        let sysctl = fs::read_to_string("/proc/sys/kernel/unprivileged_bpf_disabled");
        let answers = || {
            let attr = &mut [0_u8; 64];
            // Only those who may do everything hear more than EPERM.
            let result = Native.call(Caps::all(), skep_uapi::Cmd::ProgGetNextId, attr);
            result.is_ok() || result == Err(skep_uapi::Errno::ENOENT)
        };
        Self {
            kernel: reference && answers(),
            unprivileged: sysctl.is_ok_and(|text| text.trim() == "0"),
            types: reference && IDENTITY.btf.is_some(),
            bless: std::env::var_os("SKEP_BLESS").is_some(),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = skep_filetests::directory();
    let host = Host::look();
    let paths = match paths(&root) {
        Ok(paths) => paths,
        Err(error) => {
            eprintln!("cannot read {}: {error}", root.display());
            return ExitCode::FAILURE;
        }
    };
    if !host.kernel {
        println!("skipped: no kernel bpf(2) of Linux {REFERENCE}x to compare filetests with");
    } else if !host.unprivileged {
        println!(
            "skipped: kernel.unprivileged_bpf_disabled is not 0: filetests without capabilities are not compared"
        );
    }
    if !host.types {
        println!("skipped: no types of Linux {REFERENCE}x: filetests that name some");
    }
    let trials = paths.into_iter().map(|path| {
        let name = path.strip_prefix(&root).unwrap_or(&path);
        let name = name.with_extension("").display().to_string();
        Trial::test(name, move || test(&path, host))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Everything one file asks for.
fn test(path: &Path, host: Host) -> Result<(), Failed> {
    let mut file = Filetest::parse(&fs::read_to_string(path)?)?;
    let types = IDENTITY.btf.as_deref();
    let program = match Program::of(&file, types) {
        Err(NoProgram::NoKernelType(_)) if !host.types => return Ok(()),
        program => program?,
    };
    if !program.kernel_ids.is_empty() && !host.types {
        return Ok(());
    }
    let runs = file.has(Mode::Check) || file.has(Mode::Jit);
    if !runs || !runnable(program.prog_type) {
        file.expected.runs.clear();
    } else if host.bless && file.expected.runs.is_empty() {
        file.expected.runs.push(Run {
            data: Vec::new(),
            returns: 0,
        });
    }
    let linux = match asks_kernel(&file, &program, host) {
        true => Some(load(&Native, &program, &file.expected.runs)?),
        false => None,
    };
    // Files that never ask the kernel expect what skep says; others wait for a machine that can be asked.
    if host.bless && (linux.is_some() || !file.has(Mode::Kernel)) {
        let skep = load(&Skep::new(&JIT), &program, &file.expected.runs)?;
        file = blessed(&file, &program, linux.as_ref().unwrap_or(&skep), &skep);
        fs::write(path, file.render())?;
    }
    let mut found = Vec::new();
    if let Some(linux) = &linux {
        note(&mut found, "Linux", &file, &program, linux);
    }
    if file.has(Mode::Verify) || file.has(Mode::Jit) {
        let runs = if file.has(Mode::Jit) {
            file.expected.runs.as_slice()
        } else {
            &[]
        };
        let answer = load(&Skep::new(&JIT), &program, runs)?;
        note(&mut found, "skep", &file, &program, &answer);
    }
    if file.has(Mode::Check) && !file.expected.runs.is_empty() {
        let answer = load(&Skep::new(&CHECK), &program, &file.expected.runs)?;
        note(&mut found, "checking interpreter", &file, &program, &answer);
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("\n").into())
    }
}

fn asks_kernel(file: &Filetest, program: &Program, host: Host) -> bool {
    let allowed = host.unprivileged || program.caps.grant(Caps::BPF);
    file.has(Mode::Kernel) && host.kernel && allowed
}

fn note(found: &mut Vec<String>, who: &str, file: &Filetest, program: &Program, answer: &Answer) {
    let differences = differences(file, program, answer);
    found.extend(differences.iter().map(|what| format!("{who}: {what}")));
}
