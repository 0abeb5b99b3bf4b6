//! Real processes of a wanted kind, killed and reaped when their guard goes out of scope.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use super::{copy_executable, namespace, open_dir, real};

/// Any process of a test's.
pub(crate) struct Process {
    child: Child,
    /// The executable's directory, if it was made for this process.
    dir: Option<tempfile::TempDir>,
    /// The pids that it told in lines "child PID".
    pub(crate) children: Vec<u32>,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a program that prints a line "up" when it is what it should be.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        // The kernel kills the child should this thread end without its guards.
        // SAFETY: prctl() is async-signal-safe, and nothing else happens between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut process = Self { child, dir: None, children: Vec::new(), stdin, stdout };
        loop {
            let line = process.line();
            match line.strip_prefix("child ") {
                Some(pid) => process.children.push(pid.parse().expect("a pid")),
                None if line == "up" => return process,
                None => panic!("{command:?} said {line:?} instead of being up"),
            }
        }
    }

    /// The next line of its output.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let n = self.stdout.read_until(b'\n', &mut line).expect("its output");
        assert!(n > 0, "process {} ended too early", self.pid());
        String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its one child.
    pub(crate) fn only_child(&self) -> u32 {
        assert_eq!(self.children.len(), 1, "children");
        self.children[0]
    }

    /// Where its executable lies; only for one that was copied for it.
    pub(crate) fn exe(&self) -> PathBuf {
        let dir = self.dir.as_ref().expect("an executable of its own").path();
        let mut files = std::fs::read_dir(dir).expect("the directory");
        real(&files.next().expect("the executable").expect("the executable").path())
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        let pid = libc::pid_t::try_from(self.pid()).expect("a pid");
        // SAFETY: the child is not reaped before drop(), so the pid is still its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0, "kill");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Neither can fail in a way that matters here: it is dead, or it dies with us.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What to start: `tests/specimen.c` under any name, with any arguments, doing any verbs.
pub(crate) struct Specimen {
    file: OsString,
    argv: Option<Vec<OsString>>,
    verbs: Vec<OsString>,
    before: Vec<OsString>,
}

impl Specimen {
    /// Its executable, and so its `comm`, has this name.
    pub(crate) fn called(name: impl AsRef<OsStr>) -> Self {
        Self { file: name.as_ref().to_owned(), argv: None, verbs: Vec::new(), before: Vec::new() }
    }

    /// Its whole command line, `argv[0]` first; else it is the executable's path.
    pub(crate) fn argv(mut self, argv: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.argv = Some(argv.into_iter().map(|a| a.as_ref().to_owned()).collect());
        self
    }

    /// One more verb of `specimen.c`.
    pub(crate) fn verb(mut self, verb: impl AsRef<OsStr>) -> Self {
        self.verbs.push(verb.as_ref().to_owned());
        self
    }

    /// It is started by this command, as in `unshare --pid --fork`.
    pub(crate) fn under(mut self, command: &[&str]) -> Self {
        self.before = command.iter().map(OsString::from).collect();
        self
    }

    #[track_caller]
    pub(crate) fn start(self) -> Process {
        let dir = open_dir();
        let path = real(dir.path()).join(&self.file);
        copy_executable(specimen(), &path);
        let mut process = Process::start(&mut self.command(&path));
        process.dir = Some(dir);
        process
    }

    /// Starts from an executable that is there already, as [`Process::exe`] or a link to it.
    #[track_caller]
    pub(crate) fn start_from(self, path: &Path) -> Process {
        Process::start(&mut self.command(path))
    }

    fn command(&self, path: &Path) -> Command {
        let mut command = match self.before.split_first() {
            None => Command::new(path),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(path);
                command
            }
        };
        if let Some([first, rest @ ..]) = self.argv.as_deref() {
            assert!(self.before.is_empty(), "argv[0] cannot be passed through another command");
            command.arg0(first).args(rest);
        }
        let verbs: Vec<&[u8]> = self.verbs.iter().map(|verb| verb.as_bytes()).collect();
        command.env("SPECIMEN", OsString::from_vec(verbs.join(&0x1f)));
        command
    }
}

/// Processes whose command line does not answer; see `tests/blocked.c`. Whoever reads it waits until
/// they end, so keep them for seconds only.
#[track_caller]
pub(crate) fn blocked(name: &str, count: usize, uid: u32) -> Process {
    let dir = open_dir();
    let path = real(dir.path()).join("blocked");
    copy_executable(&compiled("blocked.c"), &path);
    let arguments = [name, &count.to_string(), &uid.to_string()];
    let mut process = Process::start(Command::new(&path).args(arguments));
    process.dir = Some(dir);
    process
}

/// The compiled specimen.
pub(crate) fn specimen() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| compiled("specimen.c"))
}

/// A program made once, by whichever test process comes first, since the name holds the source's hash
/// and the file appears whole or not at all.
fn compiled(source: &str) -> PathBuf {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let name = source.trim_end_matches(".c");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(source);
    let mut hasher = DefaultHasher::new();
    std::fs::read(&source).expect("the source").hash(&mut hasher);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = dir.join(format!("{name}-{:016x}", hasher.finish()));
    if !path.exists() {
        // Tests of one process compile side by side, too.
        let draft = tempfile::Builder::new().tempfile_in(dir).expect("a draft").into_temp_path();
        let done = Command::new("cc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"])
            .args([draft.as_os_str(), source.as_os_str()])
            .output()
            .expect("these tests need a C compiler called cc");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::rename(&draft, &path).expect("rename");
    }
    path
}
