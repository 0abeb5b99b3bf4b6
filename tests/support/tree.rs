//! A recorded tree: what `--proc-root` reads instead of /proc, with every byte as a test wants it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::open_dir;

/// Seconds since boot in every tree.
pub(crate) const UPTIME: u64 = 100_000;
/// Clock ticks a second; what `sysconf` says on every Linux of today.
pub(crate) const TICKS: u64 = 100;
/// The flag in `stat` that makes a kernel thread.
pub(crate) const PF_KTHREAD: u64 = 0x0020_0000;

pub(crate) struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    /// A machine on which nothing runs.
    pub(crate) fn new() -> Self {
        let dir = open_dir();
        let uptime = format!("{UPTIME}.00 {UPTIME}.00\n");
        fs::write(dir.path().join("uptime"), uptime).expect("uptime");
        let stat = "cpu  1 2 3 4 5 6 7 0 0 0\nbtime 1700000000\nprocesses 9999\n";
        fs::write(dir.path().join("stat"), stat).expect("stat");
        Self { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Adds a process as it is; [`Recorded`] has its defaults.
    pub(crate) fn add(&self, process: &Recorded) -> &Self {
        process.write(&self.of(process.pid));
        self
    }

    /// Adds a thread to a process.
    pub(crate) fn add_thread(&self, pid: u32, thread: &Recorded) -> &Self {
        thread.write(&self.of(pid).join("task").join(thread.pid.to_string()));
        self
    }

    /// The directory of a process.
    pub(crate) fn of(&self, pid: u32) -> PathBuf {
        self.path().join(pid.to_string())
    }

    /// Takes a process away.
    pub(crate) fn remove(&self, pid: u32) {
        fs::remove_dir_all(self.of(pid)).expect("the process");
    }
}

/// A process of a recorded tree: root's, single, asleep, started half of [`UPTIME`] ago.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) pid: u32,
    pub(crate) comm: OsString,
    pub(crate) state: char,
    pub(crate) ppid: u32,
    pub(crate) flags: u64,
    /// User and system time, in ticks.
    pub(crate) times: [u64; 2],
    pub(crate) threads: u32,
    /// Start, in ticks since boot.
    pub(crate) start: u64,
    /// In kB.
    pub(crate) vsz: u64,
    /// In kB.
    pub(crate) rss: u64,
    /// How often it gave up its CPU.
    pub(crate) switches: u64,
    /// Real, effective, saved, filesystem.
    pub(crate) uid: [u32; 4],
    pub(crate) gid: [u32; 4],
    /// Its pid in each namespace, the outermost first.
    pub(crate) nspid: Vec<u32>,
    pub(crate) cmdline: Vec<u8>,
    pub(crate) exe: Option<OsString>,
    pub(crate) cgroup: String,
    /// `attr/current`, if there is one.
    pub(crate) label: Option<Vec<u8>>,
}

impl Recorded {
    pub(crate) fn new(pid: u32, comm: impl AsRef<OsStr>) -> Self {
        let comm = comm.as_ref();
        let exe = [b"/usr/sbin/", comm.as_bytes()].concat();
        Self {
            pid,
            comm: OsStr::from_bytes(&comm.as_bytes()[..comm.len().min(15)]).to_owned(),
            state: 'S',
            ppid: 1,
            flags: 0x0040_0100,
            times: [0, 0],
            threads: 1,
            start: UPTIME * TICKS / 2,
            vsz: 20_000,
            rss: 4_000,
            switches: 7,
            uid: [0; 4],
            gid: [0; 4],
            nspid: vec![pid],
            cmdline: [&exe, b"\0".as_slice()].concat(),
            exe: Some(OsString::from_vec(exe)),
            cgroup: "0::/\n".to_owned(),
            label: None,
        }
    }

    /// A thread of the kernel's.
    pub(crate) fn kernel_thread(pid: u32, comm: &str) -> Self {
        Self {
            ppid: 2,
            flags: PF_KTHREAD | 0x8040,
            vsz: 0,
            rss: 0,
            cmdline: Vec::new(),
            exe: None,
            ..Self::new(pid, comm)
        }
    }

    /// The command line, each argument ended by a NUL.
    pub(crate) fn argv(mut self, argv: &[&str]) -> Self {
        self.cmdline = argv.iter().flat_map(|arg| arg.bytes().chain([0])).collect();
        self
    }

    fn write(&self, dir: &Path) {
        fs::create_dir_all(dir.join("attr")).expect("the process's directory");
        let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).expect("its file");
        put("comm", &[self.comm.as_bytes(), b"\n"].concat());
        put("stat", &self.stat());
        let (vsz, rss, shared) = (self.vsz / 4, self.rss / 4, u64::from(self.rss >= 4));
        put("statm", format!("{vsz} {rss} {shared} 1 0 1 0\n").as_bytes());
        put("status", &self.status());
        put("cmdline", &self.cmdline);
        put("cgroup", self.cgroup.as_bytes());
        if let Some(label) = &self.label {
            put("attr/current", label);
        }
        if let Some(exe) = &self.exe {
            std::os::unix::fs::symlink(exe, dir.join("exe")).expect("exe");
        }
    }

    fn stat(&self) -> Vec<u8> {
        let Self { pid, state, ppid, flags, threads, start, .. } = self;
        let [utime, stime] = self.times;
        let (vsz, rss) = (self.vsz * 1024, self.rss / 4);
        let head = format!("{pid} (");
        let tail = format!(
            ") {state} {ppid} {pid} {pid} 0 -1 {flags} 10 0 0 0 {utime} {stime} 0 0 20 0 {threads} 0 \
             {start} {vsz} {rss} 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 \
             0 0 0 0\n"
        );
        [head.as_bytes(), self.comm.as_bytes(), tail.as_bytes()].concat()
    }

    fn status(&self) -> Vec<u8> {
        let tabbed = |ids: &[u32]| {
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            format!("\t{}", ids.join("\t"))
        };
        let word = match self.state {
            'R' => "running",
            'Z' => "zombie",
            'T' => "stopped",
            _ => "sleeping",
        };
        // The kernel escapes only these two here.
        let name = self.comm.as_bytes().iter().flat_map(|&byte| match byte {
            b'\n' => b"\\n".to_vec(),
            b'\\' => b"\\\\".to_vec(),
            byte => vec![byte],
        });
        let mut out = b"Name:\t".to_vec();
        out.extend(name);
        let memory = match self.flags & PF_KTHREAD {
            0 => format!("VmSize:\t{:8} kB\nVmRSS:\t{:8} kB\n", self.vsz, self.rss),
            _ => String::new(),
        };
        out.extend(
            format!(
                "\nUmask:\t0022\nState:\t{} ({word})\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\n\
                 PPid:\t{}\nTracerPid:\t0\nUid:{}\nGid:{}\nFDSize:\t64\nGroups:\t \n\
                 NStgid:{nspid}\nNSpid:{nspid}\nNSpgid:{nspid}\nNSsid:{nspid}\n{memory}\
                 Threads:\t{}\nSigQ:\t0/96000\nCapInh:\t0000000000000000\n\
                 CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n\
                 CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n\
                 Seccomp:\t0\nvoluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t2\n",
                self.state,
                self.ppid,
                tabbed(&self.uid),
                tabbed(&self.gid),
                self.threads,
                self.switches,
                pid = self.pid,
                nspid = tabbed(&self.nspid),
            )
            .bytes(),
        );
        out
    }
}
