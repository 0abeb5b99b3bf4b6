//! Running the real binary: under a plugin's name, with arguments, as some user, with some /proc.

use std::ffi::{CString, OsStr, OsString};
use std::io::Read as _;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::wait::{BOUND, Sleep, until};
use super::{Answer, Tree, copy_executable, open_dir};

/// The uid and gid of an ordinary user who owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// The binary under a name, in a directory of its own that is removed with this.
pub(crate) struct Installed {
    dir: tempfile::TempDir,
    path: PathBuf,
}

impl Installed {
    /// A symbolic link of this name, as the packages have it.
    pub(crate) fn link(name: impl AsRef<OsStr>) -> Self {
        let dir = open_dir();
        let path = dir.path().join(name.as_ref());
        std::os::unix::fs::symlink(binary(), &path).expect("a link");
        Self { dir, path }
    }

    /// A copy of this name, for users who may not enter the build directory.
    pub(crate) fn copy(name: impl AsRef<OsStr>) -> Self {
        let dir = open_dir();
        let path = dir.path().join(name.as_ref());
        copy_executable(binary(), &path);
        Self { dir, path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A shell's words for it with these arguments.
    pub(crate) fn shell(&self, args: &[&str]) -> String {
        let mut line = self.path.display().to_string();
        for arg in args {
            line.push_str(&format!(" '{}'", arg.replace('\'', r"'\''")));
        }
        line
    }
}

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_procwarden"))
}

/// Where stdout goes.
enum Stdout {
    Captured,
    Closed,
    Broken,
    File(PathBuf),
}

/// One run of the program, being put together.
pub(crate) struct Check {
    name: OsString,
    program: Option<PathBuf>,
    args: Vec<OsString>,
    user: Option<(u32, Vec<u32>)>,
    proc_options: Option<String>,
    stdout: Stdout,
    envs: Vec<(OsString, OsString)>,
}

/// A plugin that is running.
pub(crate) struct Running {
    child: Child,
    command: String,
    _installed: Option<Installed>,
}

impl Check {
    /// Called through a link of this name.
    pub(crate) fn plugin(name: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            program: None,
            args: Vec::new(),
            user: None,
            proc_options: None,
            stdout: Stdout::Captured,
            envs: Vec::new(),
        }
    }

    /// `check_proccount` with these arguments.
    pub(crate) fn count(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::plugin("check_proccount").args(args)
    }

    /// `check_proccount` with these arguments on a recorded tree.
    pub(crate) fn tree(tree: &Tree, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::count(["--proc-root".as_ref(), tree.path().as_os_str()]).args(args)
    }

    /// Any other program that ends up running the plugin.
    pub(crate) fn program(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { program: Some(path), ..Self::plugin("") }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// By a user without any privilege; the gid is the uid's number.
    pub(crate) fn by_user(mut self, uid: u32) -> Self {
        self.user = Some((uid, Vec::new()));
        self
    }

    /// By such a user who is in this group too.
    pub(crate) fn by_member(mut self, uid: u32, group: u32) -> Self {
        self.user = Some((uid, vec![group]));
        self
    }

    /// In a mount namespace of its own, whose /proc has these options (`hidepid=2`).
    pub(crate) fn with_proc(mut self, options: &str) -> Self {
        self.proc_options = Some(options.to_owned());
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.envs.push((key.into(), value.as_ref().to_owned()));
        self
    }

    /// With no stdout at all.
    pub(crate) fn stdout_closed(mut self) -> Self {
        self.stdout = Stdout::Closed;
        self
    }

    /// With a pipe that nobody reads any more.
    pub(crate) fn stdout_broken(mut self) -> Self {
        self.stdout = Stdout::Broken;
        self
    }

    pub(crate) fn stdout_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdout = Stdout::File(path.into());
        self
    }

    #[track_caller]
    pub(crate) fn start(self) -> Running {
        let installed = match (&self.program, &self.user) {
            (Some(_), _) => None,
            (None, None) => Some(Installed::link(&self.name)),
            (None, Some(_)) => Some(Installed::copy(&self.name)),
        };
        let path = installed.as_ref().map(Installed::path).or(self.program.as_deref());
        let mut command = Command::new(path.expect("either is there"));
        command.args(&self.args).envs(self.envs).env_remove("SPECIMEN").current_dir("/");
        command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(match &self.stdout {
            Stdout::Captured | Stdout::Closed => Stdio::piped(),
            Stdout::Broken => broken_pipe(),
            Stdout::File(path) => {
                let file = std::fs::OpenOptions::new().write(true).open(path);
                file.unwrap_or_else(|e| panic!("{}: {e}", path.display())).into()
            }
        });
        let closed = matches!(self.stdout, Stdout::Closed);
        let proc_options = self.proc_options.map(|o| CString::new(o).expect("no NUL in it"));
        let user = self.user;
        // std's own uid() and gid() come before these, and could not mount any more.
        // SAFETY: only system calls between fork and exec; everything was allocated before.
        unsafe {
            command.pre_exec(move || {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                if let Some(options) = &proc_options {
                    mount_proc(options)?;
                }
                if let Some((uid, groups)) = &user {
                    become_user(*uid, groups)?;
                }
                if closed {
                    libc::close(1);
                }
                Ok(())
            });
        }
        let shown = format!("{command:?}");
        let child = command.spawn().unwrap_or_else(|e| panic!("{shown}: {e}"));
        Running { child, command: shown, _installed: installed }
    }

    /// Runs it to its end, and sees that the answer keeps the laws of every report.
    #[track_caller]
    pub(crate) fn run(self) -> Answer {
        let answer = self.start().finish();
        answer.lawful();
        answer
    }

    /// Runs it where the output is no report: `--help`, or an output that nobody gets.
    #[track_caller]
    pub(crate) fn run_raw(self) -> Answer {
        let answer = self.start().finish();
        assert!(answer.stderr.is_empty(), "stderr must stay empty\n{answer}");
        answer
    }
}

/// Starts a check that waits so long between two scans, and stops it in the first wait. A test then has
/// all the time that it needs to change the world, and ends with [`Running::go_on`]. Where the machine was so
/// slow that the wait may have been over, another check is started.
#[track_caller]
pub(crate) fn between_scans(wait: Duration, mut check: impl FnMut() -> Check) -> Running {
    let start = Instant::now();
    while start.elapsed() < BOUND {
        let begun = Instant::now();
        let running = check().start();
        let mut sleep = Sleep::of(running.pid());
        until("the check sleeps", || sleep.is_sound() || sleep.is_over());
        running.signal(libc::SIGSTOP);
        until("the check has stopped", || sleep.is_stopped() || sleep.is_over());
        if begun.elapsed() < wait {
            return running;
        }
    }
    panic!("no check was caught between two scans");
}

impl Running {
    /// Has it go on after [`between_scans`], to its end.
    #[track_caller]
    pub(crate) fn go_on(self) -> Answer {
        self.signal(libc::SIGCONT);
        let answer = self.finish();
        answer.lawful();
        answer
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        let pid = libc::pid_t::try_from(self.pid()).expect("a pid");
        // SAFETY: the child is not reaped before finish(), so the pid is still its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0, "kill");
    }

    /// Waits for its end; one that never ends is killed, and the test fails.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Answer {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                break Some(status);
            }
            if start.elapsed() > BOUND {
                self.child.kill().expect("kill");
                self.child.wait().expect("wait");
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut answer = Answer {
            command: std::mem::take(&mut self.command),
            stdout: Vec::new(),
            stderr: Vec::new(),
            code: status.and_then(|status| status.code()),
        };
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_end(&mut answer.stdout).expect("stdout");
        }
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_end(&mut answer.stderr).expect("stderr");
        }
        assert!(status.is_some(), "did not end within {BOUND:?}\n{answer}");
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After finish() both fail, and before it they do what a guard is for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn broken_pipe() -> Stdio {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both ends, and whoever gets one of them owns it.
    let [reader, writer] = unsafe {
        done(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC)).expect("a pipe");
        ends.map(|end| OwnedFd::from_raw_fd(end))
    };
    drop(reader);
    writer.into()
}

fn mount_proc(options: &CString) -> std::io::Result<()> {
    let null = std::ptr::null();
    // SAFETY: every pointer is null or a string that ends in NUL and outlives the call.
    unsafe {
        done(libc::unshare(libc::CLONE_NEWNS))?;
        let private = libc::MS_REC | libc::MS_PRIVATE;
        done(libc::mount(null, c"/".as_ptr(), null, private, null.cast()))?;
        let proc = c"proc".as_ptr();
        done(libc::mount(proc, c"/proc".as_ptr(), proc, 0, options.as_ptr().cast()))
    }
}

fn become_user(uid: u32, groups: &[u32]) -> std::io::Result<()> {
    // SAFETY: the pointer and length are a slice's own.
    unsafe {
        done(libc::setgroups(groups.len(), groups.as_ptr()))?;
        done(libc::setresgid(uid, uid, uid))?;
        done(libc::setresuid(uid, uid, uid))
    }
}

fn done(result: libc::c_int) -> std::io::Result<()> {
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
