//! `skep run`: an unmodified tool whose bpf(2) is answered by skep.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Result;
use skep_intercept::{BpffsPlace, Inside, InterceptError, Trace};
use skep_kernel::Caps;

use crate::Verdict;
use crate::{caps, session};

/// Run a tool whose bpf(2) calls skep answers: no root, nothing reaches the host's BPF
///
/// The session lives as long as the tool and its descendants; inside another `skep run` the tool joins that session. Pins are in a /sys/fs/bpf of their own. The exit status is
/// the tool's; 125 if skep could not start it, 126 if it cannot be executed, 127 if it is not there. See `skep doctor`
/// if it does not work.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print each call with its answer and, for an error, the reason
    #[arg(long)]
    trace: bool,
    /// Capabilities the tool has for bpf(2), such as `bpf,net_admin`; all by default
    #[arg(long, value_name = "LIST", conflicts_with = "unprivileged")]
    cap: Option<String>,
    /// Keep the tool in the host's namespaces: its calls with paths below /sys/fs/bpf are answered one by one
    #[arg(long)]
    no_namespace: bool,
    #[command(flatten)]
    session: session::Options,
    /// The tool and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// As env(1) and timeout(1) have them.
const NOT_STARTED: i32 = 125;
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    match try_run(args) {
        Ok(ended) => ended.leave(),
        Err(error) => {
            eprintln!("skep run: {error:#}");
            std::process::exit(status_of(&error))
        }
    }
}

fn try_run(args: &Args) -> Result<skep_intercept::Ended> {
    if Inside::find()?.is_some() {
        return Err(join(args).into());
    }
    let caps = match &args.cap {
        Some(list) => caps::parse(list)?,
        None if args.session.is_unprivileged() => Caps::empty(),
        None => Caps::all(),
    };
    let options = skep_intercept::Options {
        caps,
        trace: if args.trace { Trace::Calls } else { Trace::Off },
        bpffs: if args.no_namespace {
            BpffsPlace::CallsOnly
        } else {
            BpffsPlace::Mounted
        },
    };
    let command = command(args);
    let kernel = args.session.kernel()?;
    Ok(skep_intercept::run(&kernel, command, &options)?)
}

fn command(args: &Args) -> Command {
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    command
}

/// Inside a session the tool is one more client of it: it takes this process's place. Comes back only with why not.
fn join(args: &Args) -> InterceptError {
    if args.trace || args.cap.is_some() || args.no_namespace || !args.session.is_default() {
        eprintln!("skep run: joins the session it is in; options of the outer skep run count");
    }
    let mut command = command(args);
    let program = command.get_program().to_string_lossy().into_owned();
    let error = command.exec();
    InterceptError::Exec { program, error }
}

fn status_of(error: &anyhow::Error) -> i32 {
    match error.downcast_ref::<InterceptError>() {
        Some(InterceptError::Exec { error, .. }) => match error.kind() {
            std::io::ErrorKind::NotFound => NOT_FOUND,
            _ => NOT_EXECUTABLE,
        },
        _ => NOT_STARTED,
    }
}
