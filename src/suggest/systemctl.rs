//! Asks systemd about its services, through `systemctl show`.
//!
//! It is called by its absolute path, with an empty environment, without standard input, and for a
//! limited time. If this program has `CAP_SYS_PTRACE` to read processes, `systemctl` does not get it.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::units::{PROPERTIES, Units};
use crate::text::error::Error;

/// Where distributions install the program.
const PATHS: [&str; 2] = ["/usr/bin/systemctl", "/bin/systemctl"];

/// Only systemd creates this directory, and no other init (`sd_booted(3)`).
const MARK: &str = "/run/systemd/system";

/// How long systemd may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Largest output, in bytes; more than any host's services need.
const LARGEST: u64 = 16 << 20;

/// Whether this host was booted with systemd.
pub fn is_here() -> bool {
    Path::new(MARK).is_dir()
}

/// Asks systemd for all of its services and targets.
///
/// # Errors
/// If there is no `systemctl`, or systemd does not answer.
pub fn ask() -> Result<Units, Error> {
    let program = PATHS.into_iter().find(|path| Path::new(path).exists());
    let program = program.ok_or_else(|| Error::new(format!("{} is missing", PATHS[0])))?;
    // Capabilities belong to a thread: the rest of the program keeps them.
    let asking = thread::spawn(move || {
        drop_ptrace();
        run(program)
    });
    let text = asking.join().map_err(|_| Error::new("systemctl could not be asked"))??;
    Units::parse(&text).map_err(|error| error.at("systemctl show"))
}

/// Drops `CAP_SYS_PTRACE` from this thread and what it runs. If that fails, there was nothing to drop.
fn drop_ptrace() {
    let _ = remove_capability_from_bounding_set(CapabilitySet::SYS_PTRACE);
    if let Ok(mut sets) = rustix::thread::capabilities(None) {
        for set in [&mut sets.effective, &mut sets.permitted, &mut sets.inheritable] {
            set.remove(CapabilitySet::SYS_PTRACE);
        }
        let _ = rustix::thread::set_capabilities(None, sets);
    }
}

fn run(program: &str) -> Result<Vec<u8>, Error> {
    let fail = |why: Error| why.at("systemctl");
    let mut child = Command::new(program)
        .args(["show", "--all", "--no-pager", "--property", PROPERTIES, "*.service", "*.target"])
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(error.to_string().into()))?;
    let text = child.stdout.take().ok_or_else(|| fail("no output".into()));
    let text = text.and_then(|stdout| read(stdout).map_err(fail));
    if text.is_err() {
        end(&mut child);
    }
    let status = child.wait().map_err(|error| fail(error.to_string().into()))?;
    let text = text?;
    if !status.success() {
        return Err(fail("systemd did not answer".into()));
    }
    Ok(text)
}

/// Reads the whole output, with a time limit.
fn read(stdout: ChildStdout) -> Result<Vec<u8>, Error> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.take(LARGEST).read_to_end(&mut text);
        // The receiver may have given up.
        let _ = sender.send(read.map(|_| text));
    });
    match receiver.recv_timeout(LIMIT) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(error.to_string().into()),
        Err(RecvTimeoutError::Timeout) => {
            Err(format!("no answer within {} s", LIMIT.as_secs()).into())
        }
        Err(RecvTimeoutError::Disconnected) => Err("no answer".into()),
    }
}

fn end(child: &mut Child) {
    // Fails if it has ended by itself.
    let _ = child.kill();
}
