//! What the files of a service say, read as systemd reads them: see systemd.unit(5).
//!
//! systemd itself is not asked. A drop-in that was added without a restart is in the files, though the
//! process does not have it yet.

mod asks;
mod command;
mod search;
mod syntax;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

pub use asks::{Account, Asks};
pub use command::{Command, Step, in_search_path};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use search::Index;
use syntax::Assignment;

use crate::host::progress::{self, Stage};
use crate::host::writers::{Obstacle, Unseen};

/// Longer files are not read. systemd itself reads no line over 1 MiB.
const LONGEST: u64 = 1 << 20;

/// How far one name may stand for another.
const MOST_ALIASES: usize = 20;

/// The files of a service.
#[derive(Clone, Debug)]
pub struct UnitFile {
    /// The file that makes it: not a drop-in.
    pub path: PathBuf,
    /// The drop-ins, in the order in which systemd reads them, less those that are empty or masked.
    pub drop_ins: Vec<PathBuf>,
    /// The file that changed last, and when (ctime, since 1970): packages keep the mtime of their build.
    pub changed: (PathBuf, Duration),
    /// What they say.
    pub asks: Asks,
}

/// A file that was read; `None` if there is none, or systemd refuses it.
type Known = Result<Option<Rc<Text>>, Unseen>;

/// A unit that was looked for; `None` if it has no file.
type Found = Result<Option<Rc<UnitFile>>, Unseen>;

#[derive(Debug)]
struct Text {
    path: PathBuf,
    changed: Duration,
    is_empty: bool,
    assignments: Vec<Assignment>,
}

/// The unit files of a host. Each is read at most once.
#[derive(Debug)]
pub struct UnitFiles {
    index: Index,
    texts: RefCell<HashMap<PathBuf, Known>>,
    units: RefCell<BTreeMap<String, Found>>,
}

impl UnitFiles {
    /// Those of this host. Lists the directories.
    pub fn of_host() -> Self {
        Self::below(Path::new("/"))
    }

    /// Those of the host whose `/` this is.
    pub fn below(root: &Path) -> Self {
        progress::enter(Stage::LookingAtFiles);
        Self { index: Index::below(root), texts: RefCell::default(), units: RefCell::default() }
    }

    /// The files of a service (`ssh.service`, `getty@tty1.service`). `None` where it has none, they are
    /// masked, or systemd refuses them.
    ///
    /// # Errors
    /// When one of them may not be read.
    pub fn service(&self, name: &str) -> Found {
        if let Some(known) = self.units.borrow().get(name) {
            return known.clone();
        }
        progress::enter(Stage::LookingAtFiles);
        let found = self.find(name).map(|unit| unit.map(Rc::new));
        self.units.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// The names of all services that are installed, templates (`getty@.service`) included.
    pub fn services(&self) -> BTreeSet<String> {
        self.index.services()
    }

    fn find(&self, asked: &str) -> Result<Option<UnitFile>, Unseen> {
        self.index.is_whole()?;
        let Some((name, main)) = self.main_file(asked)? else { return Ok(None) };
        let mut names = self.index.aliases(&name);
        names.insert(0, name.clone());
        let mut texts = vec![main.clone()];
        for path in self.index.drop_ins(&names)? {
            texts.extend(self.text(&path)?);
        }
        let all = texts.iter().flat_map(|text| &text.assignments);
        let asks = Asks::read(all, asked);
        let latest = texts.iter().max_by_key(|text| text.changed).unwrap_or(&main);
        let changed = (latest.path.clone(), latest.changed);
        let drop_ins = texts[1..].iter().filter(|text| !text.is_empty);
        let drop_ins = drop_ins.map(|text| text.path.clone()).collect();
        Ok(Some(UnitFile { path: main.path.clone(), drop_ins, changed, asks }))
    }

    /// The name under which systemd knows a unit, and its file.
    fn main_file(&self, asked: &str) -> Result<Option<(String, Rc<Text>)>, Unseen> {
        let mut name = asked.to_owned();
        for _ in 0..MOST_ALIASES {
            let Some(path) = self.index.main_file(&name) else { return Ok(None) };
            match self.index.alias(&path, &name) {
                Some(other) if other != name => name = other,
                _ => {
                    let text = self.text(&path)?;
                    // A link to /dev/null is a mask, and so is an empty file.
                    return Ok(text.filter(|text| !text.is_empty).map(|text| (name, text)));
                }
            }
        }
        Ok(None)
    }

    fn text(&self, path: &Path) -> Known {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let fail = |why| Unseen { path: path.to_owned(), why };
        let known = match read(path) {
            Ok(Some(text)) => Ok(Some(Rc::new(text))),
            Ok(None) => Ok(None),
            Err(error) => match Errno::from_io_error(&error) {
                // systemd passes over links that lead nowhere.
                Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
                Some(errno) => Err(fail(Obstacle::Errno(errno))),
                None => Err(fail(Obstacle::TooLong)),
            },
        };
        self.texts.borrow_mut().insert(path.to_owned(), known.clone());
        known
    }
}

/// `None` for what is no plain file.
fn read(path: &Path) -> io::Result<Option<Text>> {
    // A FIFO must not stop us.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(CWD, path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other("too long"));
    }
    // What changed may be the link, too.
    let link = fs::symlink_metadata(path)?;
    Ok(syntax::service_section(&bytes).map(|assignments| Text {
        path: path.to_owned(),
        changed: changed(&about).max(changed(&link)),
        is_empty: bytes.is_empty(),
        assignments,
    }))
}

/// When the kernel saw a file change, to its last tick: a service may have been restarted in the same second.
fn changed(about: &Metadata) -> Duration {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Duration::from_secs(part(about.ctime())) + Duration::from_nanos(part(about.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Host(tempfile::TempDir);

    impl Host {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn at(&self, path: &str) -> PathBuf {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        }

        fn file(self, path: &str, lines: &str) -> Self {
            fs::write(self.at(path), format!("[Service]\n{lines}\n")).unwrap();
            self
        }

        fn link(self, path: &str, target: &str) -> Self {
            symlink(target, self.at(path)).unwrap();
            self
        }

        /// The user that a service asks for.
        fn user(&self, name: &str) -> Option<String> {
            let unit = UnitFiles::below(self.0.path()).service(name).unwrap();
            match unit.unwrap_or_else(|| panic!("{name} has no file")).asks.account.clone() {
                Some(Account::Named(user)) => Some(user),
                None => None,
                other => panic!("{other:?}"),
            }
        }

        fn is_there(&self, name: &str) -> bool {
            UnitFiles::below(self.0.path()).service(name).unwrap().is_some()
        }
    }

    const USR: &str = "usr/lib/systemd/system";
    const ETC: &str = "etc/systemd/system";

    #[test]
    fn etc_wins_over_run_over_usr() {
        let host = Host::new().file(&format!("{USR}/a.service"), "User=usr");
        assert_eq!(host.user("a.service"), Some("usr".into()));
        let host = host.file("usr/local/lib/systemd/system/a.service", "User=local");
        assert_eq!(host.user("a.service"), Some("local".into()));
        let host = host.file("run/systemd/system/a.service", "User=run");
        assert_eq!(host.user("a.service"), Some("run".into()));
        let host = host.file(&format!("{ETC}/a.service"), "User=etc");
        assert_eq!(host.user("a.service"), Some("etc".into()));
        assert!(!host.is_there("b.service"));
        assert!(!host.is_there("../a.service"));
    }

    #[test]
    fn a_link_to_nowhere_or_an_empty_file_is_a_mask() {
        let host = Host::new().file(&format!("{USR}/a.service"), "User=usr");
        let host = host.link(&format!("{ETC}/a.service"), "/dev/null");
        assert!(!host.is_there("a.service"));
        let host = host.file(&format!("{USR}/b.service"), "User=usr");
        fs::write(host.at(&format!("{ETC}/b.service")), "").unwrap();
        assert!(!host.is_there("b.service"));
    }

    #[test]
    fn drop_ins_count_by_name_wherever_they_are() {
        let host = Host::new()
            .file(&format!("{USR}/a-b.service"), "User=main")
            .file(&format!("{ETC}/service.d/10-x.conf"), "User=type")
            .file(&format!("{ETC}/service.d/05-x.conf"), "User=early");
        assert_eq!(host.user("a-b.service"), Some("type".into()));
        let host = host.file(&format!("{ETC}/a-.service.d/20-x.conf"), "User=prefix");
        assert_eq!(host.user("a-b.service"), Some("prefix".into()));
        let host = host.file(&format!("{USR}/a-b.service.d/20-x.conf"), "User=own");
        assert_eq!(host.user("a-b.service"), Some("prefix".into()), "of a directory before it");
        let host = host.file(&format!("{ETC}/a-b.service.d/20-x.conf"), "User=near");
        assert_eq!(host.user("a-b.service"), Some("near".into()));
        let host = host.link("run/systemd/system/a-b.service.d/30.conf", "/dev/null");
        let host = host.file(&format!("{USR}/a-b.service.d/30.conf"), "User=hidden");
        assert_eq!(host.user("a-b.service"), Some("near".into()));
        let host = host.file(&format!("{ETC}/a-b.service.d/40.conf.bak"), "User=other");
        assert_eq!(host.user("a-b.service"), Some("near".into()));
    }

    #[test]
    fn an_instance_has_its_templates_files() {
        let host = Host::new()
            .file(&format!("{USR}/a@.service"), "User=%i")
            .link(&format!("{ETC}/a@x.service"), "../../../usr/lib/systemd/system/a@.service");
        assert_eq!(host.user("a@x.service"), Some("x".into()));
        assert_eq!(host.user("a@y.service"), Some("y".into()));
        let host = host.file(&format!("{ETC}/a@.service.d/1.conf"), "User=all");
        assert_eq!(host.user("a@y.service"), Some("all".into()));
        let host = host.file(&format!("{ETC}/a@y.service.d/2.conf"), "User=why");
        assert_eq!(host.user("a@y.service"), Some("why".into()));
        assert_eq!(host.user("a@x.service"), Some("all".into()));
    }

    #[test]
    fn a_link_is_another_name_whose_drop_ins_count_too() {
        let host = Host::new()
            .file(&format!("{USR}/a.service"), "User=a")
            .link(&format!("{ETC}/alias.service"), "/nowhere/a.service");
        assert!(!host.is_there("alias.service"), "its target is not there");
        let host = host.link(&format!("{USR}/b.service"), "a.service");
        let host = host.file(&format!("{ETC}/b.service.d/1.conf"), "User=b");
        assert_eq!(host.user("a.service"), Some("b".into()));
        assert_eq!(host.user("b.service"), Some("b".into()));
        // A file that is kept elsewhere.
        let kept = host.0.path().join("srv/c.service");
        let host = host.file("srv/c.service", "User=c");
        let host = host.link(&format!("{ETC}/c.service"), kept.to_str().unwrap());
        assert_eq!(host.user("c.service"), Some("c".into()));
    }

    #[test]
    fn links_in_circles_and_files_of_any_kind_end() {
        let host = Host::new()
            .link(&format!("{USR}/a.service"), "b.service")
            .link(&format!("{USR}/b.service"), "a.service")
            .link(&format!("{USR}/c.service"), "c.service")
            .file(&format!("{USR}/d.service"), "User=d")
            .link(&format!("{ETC}/d.service.d/1.conf"), "1.conf");
        for name in ["a.service", "b.service", "c.service", "x", "", ".service", "@.service"] {
            assert!(!host.is_there(name), "{name}");
        }
        assert_eq!(host.user("d.service"), Some("d".into()));
        let fifo = host.at(&format!("{ETC}/d.service.d/2.conf"));
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(CWD, &fifo, kind, Mode::RWXU, 0).unwrap();
        fs::create_dir(host.at(&format!("{ETC}/d.service.d/3.conf"))).unwrap();
        fs::write(host.at(&format!("{ETC}/d.service.d/4.conf")), b"\xff[\0\n[Service\n").unwrap();
        assert_eq!(host.user("d.service"), Some("d".into()));
    }

    #[test]
    fn what_is_too_long_is_reported() {
        let host = Host::new().file(&format!("{USR}/a.service"), &"#".repeat(2 << 20));
        let unseen = UnitFiles::below(host.0.path()).service("a.service").unwrap_err();
        assert!(unseen.told().ends_with("a.service is too long to read"), "{}", unseen.told());
    }

    #[test]
    fn ten_thousand_drop_ins_are_read_once() {
        let host = Host::new();
        for number in 0..10_000 {
            let path = host.at(&format!("{ETC}/service.d/{number:05}.conf"));
            fs::write(path, format!("[Service]\nUser=u{number}\n")).unwrap();
        }
        let mut host = host;
        for number in 0..20 {
            host = host.file(&format!("{USR}/s{number}.service"), "User=x");
        }
        let files = UnitFiles::below(host.0.path());
        for number in 0..20 {
            let unit = files.service(&format!("s{number}.service")).unwrap().unwrap();
            assert_eq!(unit.asks.account, Some(Account::Named("u9999".into())));
        }
        assert_eq!(files.texts.borrow().len(), 10_020);
    }
}
