//! A host that is well, and one that is not, for the drop-ins: definitions that are in use elsewhere
//! call them beside their originals, and the states must be the same.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, path::Path};

use crate::lab::{Lab, PLUGIN_DIR, Running, answer, have, wait_for};
use crate::namespace;
use crate::skip::lacking;

/// Totals are compared, so there is one such host at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A daemon that Debian's own definition names, and how many of it are well.
const HTTPDS: usize = 5;

/// More than `-w 250` lets pass.
const ZOMBIES: usize = 260;

/// Limits for zombies that the healthy host keeps while other tests' daemons leave a few for a moment,
/// which the customary `-w 5 -c 10` doesn't forgive.
pub(crate) const ZOMBIE_LIMITS: [&str; 2] = ["200", "250"];

/// A state on the healthy host, and on the broken one.
type States = [i32; 2];

/// The host, as long as this lives.
pub(crate) struct Host {
    /// The name of a daemon that is to run once.
    pub(crate) daemon: String,
    pub(crate) is_broken: bool,
    _processes: Vec<Running>,
    _turn: MutexGuard<'static, ()>,
}

impl Host {
    /// A healthy host, then a broken one, each in a lab of its own; none if this machine lacks
    /// something.
    #[track_caller]
    pub(crate) fn healthy_and_broken() -> impl Iterator<Item = (Lab, Self)> {
        let can = have(&[&format!("{PLUGIN_DIR}/check_procs"), "perl"]);
        if can && !namespace::is_ours() {
            lacking("root, and a PID namespace of its own");
        }
        let cases = if can && namespace::is_ours() { &[false, true][..] } else { &[] };
        cases.iter().map(|&is_broken| {
            let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            let lab = Lab::new();
            let host = Self::new(&lab, is_broken, turn);
            (lab, host)
        })
    }

    fn new(lab: &Lab, is_broken: bool, turn: MutexGuard<'static, ()>) -> Self {
        for options in [&["--drop-in"][..], &["--drop-in", "--mon"]] {
            let mut link = lab.command(lab.path("procwarden"));
            let made = answer(link.arg("link").args(options).arg(lab.plugins()));
            assert_eq!(made.code, 0, "{}", made.text);
        }
        let daemon = format!("up{}", lab.root().rsplit('-').next().unwrap());
        let processes = if is_broken {
            vec![zombies(lab)]
        } else {
            let httpds = (0..HTTPDS).map(|_| lab.idler("httpd", &[]));
            httpds.chain([lab.idler(&daemon, &["--config", "x.conf"])]).collect()
        };
        Self { daemon, is_broken, _processes: processes, _turn: turn }
    }

    /// Which of these two this host must have.
    pub(crate) fn expected(&self, states: States) -> i32 {
        states[usize::from(self.is_broken)]
    }
}

/// A process whose many children are dead.
fn zombies(lab: &Lab) -> Running {
    let script = format!("fork or exit for 1..{ZOMBIES}; sleep 1000");
    let parent = lab.start("zombies", lab.command("perl").args(["-e", &script]));
    wait_for("the zombies", 60, || (dead() >= ZOMBIES).then_some(()));
    parent
}

fn dead() -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| stat.contains("(perl) Z ")).count()
}

/// The text of a definition in use, and the same again with the lab's drop-in for the original, and a
/// `mark` before each of its names, which stand after the text `named`.
pub(crate) fn doubled(lab: &Lab, definition: &str, named: &str, mark: &str) -> String {
    let definition = definition.replace("$USER1$", PLUGIN_DIR);
    let plugins = lab.plugins();
    let ours = definition.replace(PLUGIN_DIR, plugins.to_str().unwrap());
    format!("{definition}\n{}\n", ours.replace(named, &format!("{named}{mark}")))
}

/// A definition as its package ships it; the test is skipped without it.
#[track_caller]
pub(crate) fn installed(file: &str) -> Option<String> {
    have(&[file]).then(|| fs::read_to_string(Path::new(file)).unwrap())
}
