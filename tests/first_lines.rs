//! Ten faults, made for real, and the first 120 characters of what a check says: what a phone shows
//! at 3 a.m. They must say what is wrong, and which process of which unit it is.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::fs;
use std::path::PathBuf;

use regex::Regex;
use support::{Check, Need, Process, Specimen, can, copy_executable, unique, unit_top, until};

/// Units, each a control group in a slice of this test's own.
struct Units {
    slice: PathBuf,
}

impl Units {
    fn new() -> Self {
        let slice = unit_top().unwrap().join(format!("{}.slice", unique()));
        fs::create_dir(&slice).unwrap();
        Self { slice }
    }

    fn start(&self, unit: &str, specimen: Specimen) -> Process {
        self.start_under("sh", unit, specimen, "exec \"$0\" \"$@\"")
    }

    /// As somebody does who has logged in.
    fn start_by_shell(&self, unit: &str, specimen: Specimen) -> Process {
        self.start_under("bash", unit, specimen, "\"$0\" \"$@\"; true")
    }

    fn start_under(&self, shell: &str, unit: &str, specimen: Specimen, run: &str) -> Process {
        let group = self.slice.join(unit);
        fs::create_dir(&group).unwrap();
        let script = format!("echo $$ >{}/cgroup.procs && {run}", group.display());
        specimen.under(&[shell, "-c", &script]).start()
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        let groups = fs::read_dir(&self.slice).unwrap().flatten().map(|entry| entry.path());
        for group in groups.filter(|path| path.is_dir()) {
            until("the group is empty", || fs::remove_dir(&group).is_ok());
        }
        until("the slice is empty", || fs::remove_dir(&self.slice).is_ok());
    }
}

/// That a check's first 120 characters begin so. `<n>` stands for any number, `<t>` for any time.
#[track_caller]
fn says(check: Check, expected: &str) {
    let answer = check.run();
    let start: String = answer.status().chars().take(120).collect();
    let pattern = regex::escape(expected).replace("<n>", r"[0-9.]+").replace("<t>", r"\d+[smh]");
    let pattern = Regex::new(&format!("^{pattern}")).unwrap();
    assert!(pattern.is_match(&start), "{start:?} is not {expected:?}\n{answer}");
}

#[test]
fn ten_faults_in_120_characters() {
    if !can(Need::Root) || !can(Need::Alone) || !can(Need::UnitGroups) {
        return;
    }
    let units = Units::new();
    let as_user = |name: &str, uid: u32| {
        let ids = format!("{uid},{uid},{uid}");
        Specimen::called(name).verb("groups=").verb(format!("gid={ids}")).verb(format!("uid={ids}"))
    };
    // A daemon has stopped.
    says(
        Check::count(["redis-server,user=www-data:1-1"]),
        "PROCCOUNT is CRITICAL: redis-server,user=www-data 0 (want 1-1)",
    );
    // A second one was started by hand.
    let _cron = units.start("cron.service", Specimen::called("cron"));
    let _second = units.start_by_shell("session-3.scope", Specimen::called("cron"));
    says(
        Check::count(["cron,user=root:1-1"]),
        "PROCCOUNT is CRITICAL: cron,user=root 2 (want 1-1): pid <n> (up <t>, session-3.scope, child of bash), pid <n> (up <t>, ",
    );
    // It runs as another user than it should.
    let _memcached = units.start("memcached.service", as_user("memcached", 65534));
    says(
        Check::count(["memcached,user=www-data:1-1"]),
        "PROCCOUNT is CRITICAL: memcached,user=www-data 0 (want 1-1): 1 named memcached runs as nobody (pid <n>)",
    );
    // It was upgraded, and not started anew.
    let nginx = units.start("nginx.service", Specimen::called("nginx"));
    let file = nginx.exe();
    fs::remove_file(&file).unwrap();
    copy_executable(support::specimen::specimen(), &file);
    says(
        Check::count(["deleted=yes,label=outdated:0-0"]),
        "PROCCOUNT is CRITICAL: outdated 1 (want 0-0): nginx (pid <n>, its file replaced <t> ago, up <t>, nginx.service, user root)",
    );
    // A program does not wait for its children.
    let zombies = ["zombie"; 3].into_iter().fold(Specimen::called("worker.py"), Specimen::verb);
    let _worker = units.start("app.service", zombies);
    says(
        Check::count(["state=Z,label=zombies:0-2"]),
        "PROCCOUNT is CRITICAL: zombies 3 (want 0-2): 3 left by worker.py (pid <n>, app.service)",
    );
    // A program loops.
    let _burner = units.start("backup.service", as_user("xz", 34).verb("burn=1"));
    let cpu = ["-c", "1", "--over", "1s", "-t", "60"];
    says(
        Check::plugin("check_proccpu").args(cpu),
        "PROCCPU is CRITICAL: pid <n> xz, user backup, backup.service: <n>% over <n> s (want 0-1)",
    );
    // A program's memory grows.
    let _java = units.start("tomcat9.service", Specimen::called("java").verb("rss=96"));
    says(
        Check::count(["java,sum=anon:-48M:-64M"]),
        "PROCCOUNT is CRITICAL: java,sum=anon <n> MiB (want up to 64 MiB): pid <n> (<n> MiB, up <t>, tomcat9.service, user root)",
    );
    // A program is about to run out of descriptors.
    let files = Specimen::called("mariadbd").verb("maxfiles=100").verb("files=90");
    let _database = units.start("mariadb.service", files);
    says(
        Check::count(["mariadbd,max=fdshare:-80"]),
        "PROCCOUNT is CRITICAL: mariadbd,max=fdshare <n>% (want up to 80%): pid <n> (<n>%, up <t>, mariadb.service, user root)",
    );
    // A process is stuck in the kernel.
    let tar = units.start("archive.service", Specimen::called("tar").verb("stuck"));
    until("it is in D", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", tar.pid())).unwrap();
        stat.contains(") D ")
    });
    let stuck = ["state=D,lasting=yes,label=stuck:0-0", "--recheck", "1", "-t", "60"];
    says(
        Check::count(stuck),
        "PROCCOUNT is CRITICAL: stuck 1 (want 0-0) for <n> s: tar (pid <n>, up <t>, archive.service, user root)",
    );
    // A daemon has kept root's group.
    let careless = Specimen::called("carelessd").verb("groups=").verb("uid=33,33,33");
    let _careless = units.start("careless.service", careless);
    says(
        Check::plugin("check_privdrop"),
        "PRIVDROP is CRITICAL: carelessd (pid <n>, user www-data, careless.service) gid-root: setuid() before setgid(), or ",
    );
}
