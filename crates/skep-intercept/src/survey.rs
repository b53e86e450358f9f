//! What this machine allows, asked by trial.

use std::io;
use std::path::Path;

use crate::error::NoCarrier;
use crate::sys::namespace::Namespaces;
use crate::sys::throw_away::{self, ListenerTrial};

/// What this machine allows.
#[derive(Debug)]
pub struct Survey {
    /// Whether bpf(2) can be caught by user notification.
    pub notify: Result<(), NoCarrier>,
    /// How bpffs can be shown to clients.
    pub bpffs: Bpffs,
}

/// How bpffs can be shown to clients.
#[derive(Debug)]
pub enum Bpffs {
    /// Mounted in namespaces of these kinds.
    Mounted(Namespaces),
    /// Not mounted, with the reasons: path calls are answered one by one.
    Private {
        /// Why a mount namespace will not do.
        mount: io::Error,
        /// Why a user namespace will not do either.
        user: io::Error,
    },
}

impl Survey {
    /// Tries everything, with throw-away children.
    pub fn take() -> Self {
        Self {
            notify: try_notify(),
            bpffs: Bpffs::by_trial(),
        }
    }
}

/// Whether bpf(2) of a child reaches us.
pub(crate) fn try_notify() -> Result<(), NoCarrier> {
    match throw_away::listener() {
        Ok(ListenerTrial::Notified) => Ok(()),
        Ok(ListenerTrial::NoMemory) => Err(NoCarrier::NoMemory),
        Ok(ListenerTrial::Shadowed(error)) => Err(NoCarrier::Shadowed(error)),
        Ok(ListenerTrial::NoListener(error)) => Err(NoCarrier::from_install(error)),
        Err(error) => Err(NoCarrier::Refused(error)),
    }
}

impl Bpffs {
    /// The first that works: real capabilities are kept where they can be.
    pub(crate) fn by_trial() -> Self {
        let mount = match throw_away::mounts(Namespaces::Mount) {
            Ok(()) => return Self::Mounted(Namespaces::Mount),
            Err(error) => error,
        };
        match throw_away::mounts(Namespaces::UserAndMount) {
            Ok(()) => Self::Mounted(Namespaces::UserAndMount),
            Err(user) => Self::Private { mount, user },
        }
    }
}

/// A setting of the machine (sysctl) that stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub value: &'static str,
    /// What it should be.
    pub wanted: &'static str,
}

/// Values that keep ordinary users from making user namespaces; the second and third are Debian's and Ubuntu's.
const AGAINST_NAMESPACES: [Setting; 3] = [
    Setting {
        name: "user.max_user_namespaces",
        value: "0",
        wanted: "15000",
    },
    Setting {
        name: "kernel.unprivileged_userns_clone",
        value: "0",
        wanted: "1",
    },
    Setting {
        name: "kernel.apparmor_restrict_unprivileged_userns",
        value: "1",
        wanted: "0",
    },
];

impl Setting {
    /// The settings because of which this machine gives ordinary users no user namespaces.
    pub fn against_namespaces() -> Vec<Self> {
        Self::against_namespaces_in(Path::new("/proc/sys"))
    }

    fn against_namespaces_in(settings: &Path) -> Vec<Self> {
        let stands = |setting: &Self| {
            let file = settings.join(setting.name.replace('.', "/"));
            std::fs::read_to_string(file).is_ok_and(|text| text.trim() == setting.value)
        };
        AGAINST_NAMESPACES.into_iter().filter(stands).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_only_where_they_stand_in_the_way() {
        let machine = std::env::temp_dir().join(format!("skep-settings-{}", std::process::id()));
        std::fs::create_dir_all(machine.join("user")).unwrap();
        std::fs::create_dir_all(machine.join("kernel")).unwrap();
        std::fs::write(machine.join("user/max_user_namespaces"), "100\n").unwrap();
        let apparmor = machine.join("kernel/apparmor_restrict_unprivileged_userns");
        std::fs::write(apparmor, "1\n").unwrap();
        let found = Setting::against_namespaces_in(&machine);
        std::fs::remove_dir_all(&machine).unwrap();
        let names: Vec<&str> = found.iter().map(|setting| setting.name).collect();
        assert_eq!(names, ["kernel.apparmor_restrict_unprivileged_userns"]);
    }
}
