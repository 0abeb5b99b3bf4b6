//! The bench that every daemon is tried on: a directory, a user, the plugins, and
//! guards that leave no process behind.
//!
//! Run by root, daemons and plugins run as nobody; run by anyone else, as that user.
//! Nothing here sleeps for a fixed time: [`wait_for`] polls, with a bound.

use std::fs::{self, File};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use nix::unistd::{Group, User, geteuid};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tempfile::TempDir;

use crate::skip::lacking;

/// Where Debian keeps plugins, and so what the shipped definitions say.
pub(crate) const PLUGIN_DIR: &str = "/usr/lib/nagios/plugins";

/// True if all the programs are there; without one the test is skipped.
#[track_caller]
pub(crate) fn have(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().copied().filter(|p| !is_there(p)).collect();
    if !missing.is_empty() {
        lacking(&format!("{} (run tests/daemons/install-needs.sh)", missing.join(", ")));
    }
    missing.is_empty()
}

fn is_there(program: &str) -> bool {
    // A daemon's place is in root's PATH, not always in a user's.
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    Path::new(program).is_absolute() && Path::new(program).exists()
        || !program.starts_with('/')
            && path.split(':').any(|dir| Path::new(dir).join(program).is_file())
}

/// Polls until `look` finds something; fails with `what` after `seconds`.
pub(crate) fn wait_for<T>(what: &str, seconds: u64, look: impl FnMut() -> Option<T>) -> T {
    wait_up_to(seconds, look).unwrap_or_else(|| panic!("waited {seconds} s in vain for {what}"))
}

fn wait_up_to<T>(seconds: u64, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A file of this repository, given from its root.
pub(crate) fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    env::var_os("PROCWARDEN_UNDER_TEST")
        .map_or_else(|| env!("CARGO_BIN_EXE_procwarden").into(), PathBuf::from)
}

/// What a program printed, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
}

/// Runs a command to its end. Its stdout is the answer; stderr must be empty.
pub(crate) fn answer(command: &mut Command) -> Answer {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.is_empty(), "{command:?} wrote to stderr: {stderr}");
    Answer {
        code: output.status.code().unwrap_or_else(|| panic!("{command:?}: {}", output.status)),
        text: String::from_utf8(output.stdout).expect("a plugin's output is UTF-8"),
    }
}

/// A directory with the plugins in it, owned by the user that the daemons run as.
pub(crate) struct Lab {
    dir: TempDir,
    user: User,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let user = if geteuid().is_root() {
            User::from_name("nobody").unwrap().expect("a user nobody")
        } else {
            User::from_uid(geteuid()).unwrap().expect("a user with a name")
        };
        let dir = tempfile::Builder::new().prefix("procwarden-").tempdir().unwrap();
        let lab = Self { dir, user };
        lab.give(lab.dir.path());
        lab.copy(&binary(), "procwarden");
        lab.make_dir("plugins");
        let links = answer(lab.command(lab.path("procwarden")).arg("link").arg(lab.plugins()));
        assert_eq!(links.code, 0, "procwarden link: {}", links.text);
        let linked: Vec<_> = fs::read_dir(lab.plugins()).unwrap().map(Result::unwrap).collect();
        for link in linked {
            let mut monitor = link.path().into_os_string();
            monitor.push(".monitor");
            // As the packages link them; `procwarden link` is for Nagios and its kin.
            let _ = symlink("../procwarden", monitor);
        }
        if let Some(panicking) = env::var_os("PROCWARDEN_PANICKING").map(PathBuf::from) {
            lab.make_dir("panicking");
            lab.copy(&panicking, "panicking/procwarden");
            for link in ["check_proccount", "check_proccount.monitor"] {
                symlink("procwarden", lab.path("panicking").join(link)).unwrap();
            }
        }
        lab
    }

    /// Copies a program here, since nobody may not look into everybody's target directory.
    fn copy(&self, program: &Path, file: &str) {
        // Not fs::copy: a test forking beside us would inherit the file, open for writing,
        // and make its execution fail with "text file busy".
        let copied = Command::new("cp").arg(program).arg(self.path(file)).status().unwrap();
        assert!(copied.success(), "cp {}", program.display());
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// The directory's name, to put into definitions.
    pub(crate) fn root(&self) -> &str {
        self.dir.path().to_str().unwrap()
    }

    pub(crate) fn plugins(&self) -> PathBuf {
        self.path("plugins")
    }

    /// The plugin that panics, if there is one.
    #[track_caller]
    pub(crate) fn panicking(&self) -> Option<PathBuf> {
        let plugin = self.path("panicking/check_proccount");
        if !plugin.exists() {
            lacking("the plugin that panics (set PROCWARDEN_PANICKING)");
            return None;
        }
        Some(plugin)
    }

    pub(crate) fn user(&self) -> &str {
        &self.user.name
    }

    pub(crate) fn group(&self) -> String {
        Group::from_gid(self.user.gid).unwrap().unwrap().name
    }

    pub(crate) fn make_dir(&self, dir: &str) -> PathBuf {
        let path = self.path(dir);
        fs::create_dir_all(&path).unwrap();
        self.give(&path);
        path
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(file);
        fs::write(&path, text).unwrap();
        self.give(&path);
        path
    }

    pub(crate) fn write_script(&self, file: &str, text: &str) -> PathBuf {
        let path = self.write(file, format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A shipped definition, with this lab's plugins for the installed ones.
    pub(crate) fn shipped(&self, file: &str) -> String {
        let text = fs::read_to_string(repository("packaging").join(file)).unwrap();
        text.replace(PLUGIN_DIR, self.plugins().to_str().unwrap())
    }

    fn give(&self, path: &Path) {
        if geteuid().is_root() {
            chown(path, Some(self.user.uid.as_raw()), Some(self.user.gid.as_raw())).unwrap();
            if path.is_dir() {
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }

    /// A command to be run as the lab's user.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if geteuid().is_root() {
            // Sheds the supplementary groups too.
            command.uid(self.user.uid.as_raw()).gid(self.user.gid.as_raw());
        }
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command
    }

    /// The same in a session of its own, as a service manager starts a daemon.
    pub(crate) fn daemon(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.command("setsid");
        command.arg(program);
        command
    }

    /// Starts a [`daemon`](Self::daemon) that stays in the foreground; its output goes to
    /// `NAME.out`.
    pub(crate) fn start(&self, name: &str, command: &mut Command) -> Running {
        let out = File::create(self.path(&format!("{name}.out"))).unwrap();
        command.stdout(out.try_clone().unwrap()).stderr(out);
        Running { child: command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")) }
    }

    /// A process that does nothing, under the name `name`, with these words after it. It has both when this
    /// returns: the kernel lets a caller go on before it has written them down.
    pub(crate) fn idler(&self, name: &str, words: &[&str]) -> Running {
        let program = self.path(name);
        if !program.exists() {
            symlink("/bin/sh", &program).unwrap();
        }
        let mut command = self.command(program);
        command
            .process_group(0)
            .args(["-c", "echo up; read x; exit"])
            .args(words)
            .stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = [0; 3];
        child.stdout.as_mut().unwrap().read_exact(&mut said).expect("it says that it is up");
        Running { child }
    }

    /// Runs a plugin by hand, as the daemons' user.
    pub(crate) fn by_hand(&self, plugin: &str, words: &[String]) -> Answer {
        answer(self.command(self.plugins().join(plugin)).args(words))
    }

    /// What went to the log files, for a failing test's report.
    pub(crate) fn log(&self, file: &str) -> String {
        fs::read(self.path(file)).map_or_else(
            |e| format!("(no {file}: {e})"),
            |text| String::from_utf8_lossy(&text).into_owned(),
        )
    }
}

/// A process of ours: stopped when dropped, and its process group with it.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// True while it has not ended by itself. Leaves it to be reaped, so that its pid
    /// stays its own.
    pub(crate) fn is_alive(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(self.pid()), options), Ok(None))
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_alive() {
            let _ = kill_process(self.pid(), Signal::TERM);
            // Icinga writes its state as it ends, which takes a while on a busy machine.
            if wait_up_to(60, || (!self.is_alive()).then_some(())).is_none() {
                let _ = kill_process(self.pid(), Signal::KILL);
            }
        }
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}
