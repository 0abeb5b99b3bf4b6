//! The recorded tables of one host (Debian 12, systemd, twenty daemons): a normal day, restarts, and
//! faults. A file that was made from the idle host must be right about all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::support::check::{Installed, binary};
use super::super::support::{Need, can};

/// Nothing is wrong in these, and nothing is done to the host.
const QUIET: [&str; 8] = [
    "01-boot20",
    "02-idle",
    "03-after-restarts",
    "04-late",
    "05-after-stops",
    "06-after-kills",
    "07-after-workers",
    "08-end",
];

/// The tables as trees for `--proc-root`.
struct Tables {
    dir: tempfile::TempDir,
    wanted: BTreeMap<String, String>,
}

impl Tables {
    fn unpack() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suggest");
        let done = Command::new("python3")
            .arg(here.join("unpack.py"))
            .arg(here.join("host-states.tar.xz"))
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        let wanted = fs::read_to_string(dir.path().join("expected")).unwrap();
        let wanted = wanted.lines().map(|line| line.split_once(' ').unwrap());
        let wanted = wanted.map(|(table, wanted)| (table.to_owned(), wanted.to_owned()));
        Self { wanted: wanted.collect(), dir }
    }

    fn of(&self, table: &str) -> PathBuf {
        self.dir.path().join(table)
    }

    /// What is suggested for a table. All daemons of these hosts are young.
    fn suggest(&self, table: &str, more: &[&str]) -> String {
        let mut command = Command::new(binary());
        command.args(["suggest", "--min-age", "1s", "--proc-root"]).arg(self.of(table)).args(more);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{table}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// Takes away the program that recorded the table, which without systemd's word looks like a
    /// daemon.
    fn drop_recorder(&self, table: &str) {
        let pids = fs::read_to_string(self.dir.path().join(format!("{table}.recorder"))).unwrap();
        pids.lines().for_each(|pid| fs::remove_dir_all(self.of(table).join(pid)).unwrap());
    }

    fn hide_executables(&self, table: &str) {
        for process in fs::read_dir(self.of(table)).unwrap() {
            // Those of kernel threads and zombies are not there.
            let _ = fs::remove_file(process.unwrap().path().join("exe"));
        }
    }

    /// Every table of which `check_proccount` says something else than is wanted.
    fn wrong(&self, specs: &Path) -> Vec<String> {
        let check = Installed::link("check_proccount");
        let mut wrong = Vec::new();
        for (table, wanted) in &self.wanted {
            let done = Command::new(check.path())
                .arg("--proc-root")
                .arg(self.of(table))
                .arg("--specs-from")
                .arg(specs)
                .output()
                .unwrap();
            let code = if wanted == "ok" { 0 } else { 2 };
            if done.status.code() != Some(code) {
                let said = String::from_utf8_lossy(&done.stdout).into_owned();
                wrong.push(format!("{table} should be {wanted}: {said}"));
            }
        }
        wrong
    }
}

/// The lines that are no comments.
fn specs(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn a_file_made_from_an_idle_host_is_right_about_all_its_states() {
    if !can(Need::Program("python3")) || !can(Need::Program("xz")) {
        return;
    }
    let tables = Tables::unpack();
    let count = |verdict: &str| tables.wanted.values().filter(|wanted| *wanted == verdict).count();
    assert_eq!((count("ok"), count("alarm")), (63, 84));
    let units = |table: &str| format!("{}.units", tables.of(table).display());
    let first = tables.suggest("02-idle", &["--units-from", &units("02-idle")]);
    assert!(first.contains("\n#   a job (oneshot): lab-job.service\n"), "{first}");
    let file = tables.dir.path().join("daemons");
    fs::write(&file, &first).unwrap();
    assert_eq!(tables.wrong(&file), [""; 0]);

    for table in QUIET {
        let text = tables.suggest(table, &["--units-from", &units(table)]);
        assert_eq!(specs(&text), specs(&first), "{table}");
        // Without systemd's word, and as an unprivileged user sees it.
        tables.drop_recorder(table);
        tables.hide_executables(table);
        let text = tables.suggest(table, &[]);
        assert_eq!(specs(&text), specs(&first), "{table}, by control groups");
    }
    tables.wanted.keys().for_each(|table| tables.hide_executables(table));
    assert_eq!(tables.wrong(&file), [""; 0], "with every executable hidden");
}
