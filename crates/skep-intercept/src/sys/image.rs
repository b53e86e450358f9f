//! What a client executes, prepared so that execution itself allocates nothing.
//!
//! # Safety
//!
//! The arrays of pointers end in NULL and point into strings of the same struct, which is never changed.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString, c_char};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

/// A program with its arguments, environment and working directory.
pub(crate) struct Image {
    directory: Option<CString>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

fn string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes())?)
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    let ends = std::iter::once(std::ptr::null());
    strings
        .iter()
        .map(|text| text.as_ptr())
        .chain(ends)
        .collect()
}

impl Image {
    /// Of a command. InvalidInput: a NUL inside a string.
    pub(crate) fn of(command: &Command) -> io::Result<Self> {
        let arguments = std::iter::once(command.get_program()).chain(command.get_args());
        let mut environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => environment.insert(name.to_owned(), value.to_owned()),
                None => environment.remove(name),
            };
        }
        let variable = |(name, value): (OsString, OsString)| {
            let text = [name.into_vec(), value.into_vec()].join(&b'=');
            Ok(CString::new(text)?)
        };
        let directory = command.get_current_dir();
        Ok(Self {
            directory: directory.map(|path| string(path.as_os_str())).transpose()?,
            arguments: arguments.map(string).collect::<io::Result<_>>()?,
            environment: environment
                .into_iter()
                .map(variable)
                .collect::<io::Result<_>>()?,
        })
    }

    /// What execution is handed: made before the fork.
    pub(crate) fn ready(&self) -> Ready<'_> {
        Ready {
            image: self,
            arguments: pointers(&self.arguments),
            environment: pointers(&self.environment),
        }
    }
}

/// An image that can be executed at once.
pub(crate) struct Ready<'i> {
    image: &'i Image,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
}

impl Ready<'_> {
    /// Becomes the program, found as execvp(3) finds it; why not, if that fails. Fit for use between fork and exec.
    pub(crate) fn execute(&self) -> io::Error {
        if let Some(directory) = &self.image.directory
            && let Err(error) = rustix::process::chdir(directory)
        {
            return error.into();
        }
        let [program, ..] = self.arguments.as_slice() else {
            return io::ErrorKind::InvalidInput.into();
        };
        let (arguments, environment) = (self.arguments.as_ptr(), self.environment.as_ptr());
        // SAFETY: strings and arrays that live and end as execvpe(3) wants it.
        unsafe { libc::execvpe(*program, arguments, environment) };
        io::Error::last_os_error()
    }
}
