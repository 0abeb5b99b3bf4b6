//! What holds for a recorded tree whose files are any bytes. See `parsers.rs` for how laws are used.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use procwarden::count::headcount::Headcount;
use procwarden::nagios::range::Thresholds;
use procwarden::proc::root::ProcRoot;
use procwarden::select::population::{Containers, Population};
use procwarden::select::selector::{KEYS, Kind, Row, Subject};
use procwarden::select::spec::Spec;

use crate::parsers::{STAT, STATUS};

/// How many processes a tree has.
const PROCESSES: usize = 3;

/// The files of a process, and what they hold at first.
const FILES: [(&str, &str); 6] = [
    ("comm", "sshd\n"),
    ("cmdline", "/usr/sbin/sshd\0-D\0"),
    ("cgroup", "0::/system.slice/ssh.service\n"),
    ("attr/current", "system_u:system_r:sshd_t:s0\n"),
    ("stat", STAT),
    ("status", STATUS),
];

/// A change to a file: from which byte how many go, and what comes in there.
pub type Edit = (u8, u16, Vec<u8>);

/// Makes a change.
pub fn edit(bytes: &mut Vec<u8>, (from, cut, put): &Edit) {
    let from = usize::from(*from).min(bytes.len());
    let end = from.saturating_add(usize::from(*cut)).min(bytes.len());
    bytes.splice(from..end, put.iter().copied());
}

/// Writes a tree of three processes called sshd, with these edits and the number of a file for each.
pub fn write(dir: &Path, edits: &[(u8, Edit)]) {
    fs::write(dir.join("uptime"), "100000.00 100000.00\n").expect("uptime");
    for at in 0..PROCESSES {
        let pid = 101 + at;
        let process = dir.join(pid.to_string());
        fs::create_dir_all(process.join("attr")).expect("a directory");
        symlink("/usr/sbin/sshd", process.join("exe")).expect("exe");
        for (of, (name, text)) in FILES.iter().enumerate() {
            let head = match *name {
                "stat" => format!("{pid} (sshd)"),
                "status" => "Name:\tsshd\n".to_owned(),
                _ => String::new(),
            };
            let mut bytes = [head.as_bytes(), text.as_bytes()].concat();
            let this = at * FILES.len() + of;
            let is_this = |which: u8| usize::from(which) % (PROCESSES * FILES.len()) == this;
            for (_, change) in edits.iter().filter(|(which, _)| is_this(*which)) {
                edit(&mut bytes, change);
            }
            fs::write(process.join(name), bytes).expect("a file");
        }
    }
}

/// Specs that ask for everything that can be asked for, and so read every file.
pub fn specs() -> Vec<String> {
    let by_key = KEYS.iter().map(|&Row { name: key, kind, .. }| match kind {
        Kind::Text => format!("{key}~ss"),
        // Of a tree that is none of ours it is an error.
        Kind::PidFile => "sshd".into(),
        Kind::Path => format!("{key}=/usr/sbin/sshd"),
        Kind::UserName | Kind::GroupName => format!("{key}=root"),
        Kind::Number(_) => format!("{key}=1-50"),
        Kind::Letters => format!("{key}=SZ"),
        Kind::YesNo => format!("{key}=no"),
    });
    let mut specs: Vec<String> = by_key.map(|term| format!("{term}:3-3")).collect();
    specs.extend(
        ["sshd:3-3", "/usr/sbin/sshd:3-3", "not-name=sshd:0-0", "each=unit,sum=anon:-1M"]
            .map(str::to_owned),
    );
    specs
}

/// Counting in such a tree ends with a report, which is one verdict that nothing in the tree forged.
pub fn counted(dir: &Path) {
    let root = ProcRoot::open(dir).expect("a tree");
    let read =
        |spec: &String| Spec::parse(spec.as_bytes(), Subject::Program, Thresholds::default());
    let specs: Vec<Spec> = specs().iter().map(|spec| read(spec).expect(spec)).collect();
    let population = Population::new(Containers::Include, true);
    let mut headcount = Headcount::take(&root, &population, &specs).expect("processes are listed");
    headcount.look(true, |_| {}).expect("processes are listed");
    lawful(&headcount.report("PROCCOUNT", 3).nagios());
}

/// The text that a scheduler gets.
pub fn lawful(text: &str) {
    assert!(text.starts_with("PROCCOUNT is "), "{text:?}");
    assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text:?}");
    assert!(text.len() <= 4096, "{} bytes", text.len());
    assert!(!text.contains(|c: char| c != '\n' && c.is_control()), "{text:?}");
    assert!(text.matches('|').count() <= 1, "{text:?}");
    assert_eq!(text.matches("PROCCOUNT is ").count(), 1, "{text:?}");
}
