//! Starting a client, answering it and its descendants, and ending as it ended.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use rustix::process::{Resource, Rlimit};
use skep_kernel::{BtfOrigin, Caps, Kernel};

use crate::answer::KernelBtf;
use crate::client_caps::ClientCaps;
use crate::client_process::ClientProcess;
use crate::error::{InterceptError, NoCarrier, setup};
use crate::fd_dirs::FdDirs;
use crate::handles::Handles;
use crate::hints::Hints;
use crate::long_calls::LongCalls;
use crate::notify::Notify;
use crate::pins::Pins;
use crate::polls::Polls;
use crate::session::Session;
use crate::survey::{Bpffs, try_notify};
use crate::sys::filter::Scope;
use crate::sys::image::Image;
use crate::sys::signals::{self, Signals};
use crate::sys::spawn::{Inherited, SpawnError, let_go_of_standard_streams, spawn};
use crate::trace::Trace;
use crate::view::View;
use crate::workers::{Workers, background};

/// How clients are treated.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The capabilities they have for bpf(2), whatever they have for the host.
    pub caps: Caps,
    /// Whether calls are shown.
    pub trace: Trace,
    /// Where clients see bpffs.
    pub bpffs: BpffsPlace,
}

/// Where clients see bpffs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BpffsPlace {
    /// Mounted in namespaces of their own where that is possible.
    #[default]
    Mounted,
    /// In the calls that name it only: clients keep the host's namespaces.
    CallsOnly,
}

/// How the client ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It exited.
    Status(i32),
    /// A signal killed it.
    Signal(i32),
}

impl Ended {
    /// Ends this process in the same way.
    pub fn leave(self) -> ! {
        match self {
            Self::Status(status) => std::process::exit(status),
            Self::Signal(signal) => signals::die_of(signal),
        }
    }
}

/// Runs a command under `kernel` until it and all its descendants have ended; how the command itself did.
///
/// Call it from the main thread of a process that does nothing else: it blocks signals, raises the limit of open files,
/// lets go of standard input and output, adopts orphans, and stops when the command stops. All clients die with it.
pub fn run(
    kernel: &Arc<Kernel>,
    command: Command,
    options: &Options,
) -> Result<Ended, InterceptError> {
    try_notify()?;
    let namespaces = match options.bpffs {
        BpffsPlace::CallsOnly => None,
        BpffsPlace::Mounted => match Bpffs::by_trial() {
            Bpffs::Mounted(namespaces) => Some(namespaces),
            Bpffs::Private { .. } => None,
        },
    };
    let scope = match (namespaces, kernel.identity().btf_origin) {
        (Some(_), BtfOrigin::Host) => Scope::Opens,
        (None, _) | (_, BtfOrigin::Chosen) => Scope::Paths,
    };
    let program = command.get_program().to_string_lossy().into_owned();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(setup("adopt orphans"))?;
    let inherited = Inherited {
        mask: Signals::block(),
        files: raise_file_limit(),
    };
    let image = Image::of(&command).map_err(setup("prepare the command"))?;
    let spawned = spawn(&image, namespaces, &inherited, scope).map_err(|error| match error {
        SpawnError::Guard(error) => setup("start a client")(error),
        SpawnError::Exec(error) => InterceptError::Exec { program, error },
        SpawnError::Filter(error) => NoCarrier::from_install(error).into(),
        SpawnError::Namespace(error) => setup("mount a bpffs for the client")(error),
    })?;
    let_go_of_standard_streams().map_err(setup("close standard streams"))?;
    let client = Arc::new(ClientProcess {
        guard: spawned.guard,
        lifeline: spawned.lifeline,
        client: spawned.client,
    });
    let private = PrivateDirectory::new(spawned.bpffs.is_none())?;
    match start(
        kernel,
        &client,
        spawned.listener,
        spawned.bpffs,
        options,
        &private,
    ) {
        Ok(()) => client.follow(),
        Err(error) => {
            client.farewell();
            Err(error)
        }
    }
}

fn start(
    kernel: &Arc<Kernel>,
    client: &Arc<ClientProcess>,
    listener: OwnedFd,
    bpffs: Option<OwnedFd>,
    options: &Options,
    private: &PrivateDirectory,
) -> Result<(), InterceptError> {
    let view = match (bpffs, &private.0) {
        (Some(root), _) => View::mounted(root),
        (None, Some(directory)) => View::private(directory),
        (None, None) => Err(rustix::io::Errno::NOENT),
    };
    let view = view.map_err(setup("open the bpffs of the session"))?;
    let hints = Hints::new().map_err(setup("watch handles (fs.inotify.max_user_instances)"))?;
    let polls = Polls::new().map_err(setup("watch rings"))?;
    let handles = Handles::new().map_err(setup("open /proc/self/fd"))?;
    let session = Arc::new_cyclic(|me| Session {
        kernel: Arc::clone(kernel),
        carrier: Box::new(Notify::new(listener)),
        caps: ClientCaps::new(options.caps),
        trace: options.trace,
        fd_dirs: FdDirs::default(),
        handles,
        pins: Pins::default(),
        polls,
        view,
        kernel_btf: KernelBtf::new(kernel.identity()),
        hints,
        long: LongCalls::default(),
        workers: Workers::new(me.clone()),
        settling: Mutex::new(()),
        giving: RwLock::new(()),
    });
    let client = Arc::clone(client);
    session.workers.start().map_err(setup("start threads"))?;
    background(&session, "skep-settle", |session| session.settle_forever())
        .map_err(setup("start threads"))?;
    background(&session, "skep-long", |session| {
        session.long.watch(&*session.carrier)
    })
    .map_err(setup("start threads"))?;
    background(&session, "skep-signals", move |_| client.hand_on()).map_err(setup("start threads"))
}

/// Raises the soft limit of open files to the hard one: a handle is a descriptor here. What it was before.
fn raise_file_limit() -> Rlimit {
    let before = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: before.maximum,
        ..before
    };
    // As many as there were, then.
    let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    before
}

/// The root of a private bpffs in its directory.
const ROOT: &str = "bpf";

/// The root of bpffs where it is not mounted, in a directory that nobody else may enter; removed in the end.
struct PrivateDirectory(Option<PathBuf>);

impl PrivateDirectory {
    fn new(wanted: bool) -> Result<Self, InterceptError> {
        if !wanted {
            return Ok(Self(None));
        }
        let name = format!("skep-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let private = Self(Some(path.join(ROOT)));
        builder
            .create(&path)
            .and_then(|()| std::fs::create_dir(path.join(ROOT)))
            // As the root of bpffs is.
            .and_then(|()| {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
                std::fs::set_permissions(path.join(ROOT), mode)
            })
            .map_err(setup("make a directory for pins"))?;
        Ok(private)
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        if let Some(path) = self.0.as_ref().and_then(|root| root.parent()) {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}
