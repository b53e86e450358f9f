//! `skep doctor`: whether `skep run` works on this machine, and what to change for more.

use anyhow::Result;
use skep_intercept::{Bpffs, Inside, Namespaces, Setting, Survey};
use skep_kernel::Identity;

use crate::Verdict;

/// Try what `skep run` needs on this machine, and say what to change where it does not work
///
/// Exit status: 0 it works, 1 bpf(2) cannot be caught here.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Result<Verdict> {
    if Inside::find()?.is_some() {
        println!("inside a session: skep answers bpf(2) already, and skep run here joins it");
        return Ok(Verdict::Accepted);
    }
    let survey = Survey::take();
    let verdict = match &survey.notify {
        Ok(()) => {
            println!("bpf(2)       caught (carrier: notify, seccomp user notification)");
            Verdict::Accepted
        }
        Err(why) => {
            println!("bpf(2)       NOT caught: {why}");
            Verdict::Rejected
        }
    };
    match &survey.bpffs {
        Bpffs::Mounted(Namespaces::Mount) => {
            println!("/sys/fs/bpf  mounted for the tool, in a mount namespace");
        }
        Bpffs::Mounted(Namespaces::UserAndMount) => {
            println!("/sys/fs/bpf  mounted for the tool, in a user and mount namespace");
            println!(
                "             (inside, the tool has no capabilities on the host; --no-namespace keeps them)"
            );
        }
        Bpffs::Private { mount, user } => {
            println!(
                "/sys/fs/bpf  not mounted: calls with paths below it are answered one by one (chdir deeper fails)"
            );
            println!("             mount namespace: {mount}");
            println!("             user namespace: {user}");
            match Setting::against_namespaces().as_slice() {
                [] => println!(
                    "             (by no setting: by the filter of a container or service?)"
                ),
                settings => settings.iter().for_each(
                    |Setting {
                         name,
                         value,
                         wanted,
                     }| {
                        println!(
                            "             it is {name}={value}; as root: sysctl {name}={wanted}"
                        );
                    },
                ),
            }
        }
    }
    let identity = Identity::host();
    let btf = match identity.btf {
        Some(_) => "read from /sys/kernel/btf/vmlinux",
        None => "not readable: the built-in types of 6.18 are used; others by --kernel-btf FILE",
    };
    println!("kernel BTF   {btf}");
    println!("release      {}", identity.release);
    println!("CPUs         {} possible", identity.possible_cpus);
    match verdict {
        Verdict::Accepted => println!("\nskep run works here"),
        Verdict::Rejected | Verdict::NotTried => println!("\nskep run does not work here"),
    }
    Ok(verdict)
}
