//! Finds out who besides root can replace a file: write into it, or put another in its place.
//!
//! Every directory above the file counts, and every one that a symbolic link on the way leads
//! through. Whoever may write in a directory can rename what is in it, unless the directory is root's and
//! sticky, as `/tmp` is. The way ends at what one user owns or everyone may write: what lies behind it is
//! theirs, and a dead mount there would stop us.
//!
//! A group counts if a user is in it, or if [`Holders`] know someone who has it all the same.
//!
//! Modes and POSIX ACLs are looked at. `NFSv4` ACLs, and whether a file system is mounted read-only, are
//! not: a file that is safe here by its mode may be written by others there.

mod acl;
mod answer;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Stat, readlinkat, statat};
use rustix::io::Errno;

use crate::host::members::Members;
use crate::host::names::NoAnswer;
use crate::host::open::is_first_user_namespace;
use crate::host::patience;
use crate::host::steps::{Steps, TooManyLinks};
pub use answer::{Answer, Obstacle, Opening, Openings, Unseen, Writer};

use acl::{ACL_GROUP, ACL_GROUP_OBJ, ACL_USER, acl, entries};

/// Stands for a user without a number in our user namespace (`user_namespaces(7)`).
const OVERFLOW_ID: u32 = 65534;

/// Paths kept in memory. A host has some hundred executables; a hostile one can have more.
const MOST_KEPT: usize = 20_000;

/// What the kernel says of a path.
struct Glance {
    stat: Stat,
    /// Where a link leads.
    target: Option<PathBuf>,
    /// The ACL, if the mode says that one could matter.
    acl: Result<Option<Vec<u8>>, Errno>,
}

impl Glance {
    fn at(path: &Path) -> Result<Self, Errno> {
        let stat = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            let target = readlinkat(CWD, path, Vec::new())?.into_bytes();
            let target = Some(PathBuf::from(OsString::from_vec(target)));
            return Ok(Self { stat, target, acl: Ok(None) });
        }
        let is_groups = Mode::from_raw_mode(stat.st_mode).contains(Mode::WGRP);
        let acl = if is_groups { acl(path) } else { Ok(None) };
        Ok(Self { stat, target: None, acl })
    }
}

/// What one look at a path showed, whatever leads there.
#[derive(Clone, Debug)]
struct Look {
    kind: FileType,
    /// Where a link leads.
    target: Option<PathBuf>,
    writers: Vec<Writer>,
    /// Why there may be more of them.
    doubt: Option<Obstacle>,
    /// It is root's and sticky: others can add to it, but not replace what is there.
    is_sticky: bool,
}

type Found<T> = Result<T, Unseen>;

/// Knows who has a group that no user is a member of.
pub trait Holders: fmt::Debug {
    /// Someone other than root, fit for output: `appd (pid 812) holds`. Asked once for each group.
    ///
    /// # Errors
    /// When that can't be seen.
    fn holder(&self, gid: u32) -> Result<Option<String>, Obstacle>;
}

/// Answers who can replace files, and keeps what it saw.
#[derive(Debug, Default)]
pub struct Writers {
    members: Members,
    holders: Option<Box<dyn Holders>>,
    held: RefCell<HashMap<u32, Result<Option<String>, Obstacle>>>,
    looks: RefCell<HashMap<PathBuf, Found<Option<Rc<Look>>>>>,
    answers: RefCell<HashMap<PathBuf, Found<Answer>>>,
}

impl Writers {
    /// Asks these holders about groups without members.
    pub fn with(holders: Box<dyn Holders>) -> Self {
        Self { holders: Some(holders), ..Self::default() }
    }

    /// Who can replace the file at an absolute path.
    ///
    /// # Errors
    /// When no one else is known to, and a part of the path may not be looked at.
    pub fn of(&self, path: &Path) -> Found<Answer> {
        self.below(Path::new("/"), path)
    }

    /// The same below `root`, the `/` of another process (`/proc/812/root`): links stay in it.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn below(&self, root: &Path, path: &Path) -> Found<Answer> {
        let Ok(relative) = path.strip_prefix("/") else {
            return Err(Unseen { path: path.to_owned(), why: Obstacle::Relative });
        };
        let whole = if root == Path::new("/") {
            Cow::Borrowed(path)
        } else {
            Cow::Owned(root.join(relative))
        };
        if let Some(known) = self.answers.borrow().get(whole.as_ref()) {
            return known.clone();
        }
        let answer =
            Walk { writers: self, root, at: root.to_owned(), openings: Vec::new(), doubt: None }
                .along(relative);
        keep(&mut self.answers.borrow_mut(), whole.into_owned(), answer.clone());
        answer
    }

    /// `None` where there is nothing.
    fn look(&self, path: &Path) -> Found<Option<Rc<Look>>> {
        if let Some(known) = self.looks.borrow().get(path) {
            return known.clone();
        }
        let found = self.look_anew(path).map(|look| look.map(Rc::new));
        keep(&mut self.looks.borrow_mut(), path.to_owned(), found.clone());
        found
    }

    fn look_anew(&self, path: &Path) -> Found<Option<Look>> {
        let fail = |why| Unseen { path: path.to_owned(), why };
        // As NFS says of a server that does not answer.
        let glance = patience::path(path, Glance::at).unwrap_or(Err(Errno::TIMEDOUT));
        let glance = match glance {
            Ok(glance) => glance,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(errno) => return Err(fail(Obstacle::Errno(errno))),
        };
        let found = &glance.stat;
        let kind = FileType::from_raw_mode(found.st_mode);
        if kind == FileType::Symlink {
            // A link's mode means nothing.
            let owner = (found.st_uid != 0).then_some(Writer::Owner(found.st_uid));
            let writers = owner.into_iter().collect();
            return Ok(Some(Look {
                kind,
                target: glance.target,
                writers,
                doubt: None,
                is_sticky: false,
            }));
        }
        let (writers, doubt) = self.writers(&glance).map_err(fail)?;
        let is_sticky =
            Mode::from_raw_mode(found.st_mode).contains(Mode::SVTX) && found.st_uid == 0;
        Ok(Some(Look { kind, target: None, writers, doubt, is_sticky }))
    }

    /// Who can write, and why others may, too.
    fn writers(&self, glance: &Glance) -> Result<(Vec<Writer>, Option<Obstacle>), Obstacle> {
        let found = &glance.stat;
        let mode = Mode::from_raw_mode(found.st_mode);
        if found.st_uid == OVERFLOW_ID && !is_first_user_namespace() {
            return Err(Obstacle::Unmapped);
        }
        let mut all = Vec::new();
        if found.st_uid != 0 {
            all.push(Writer::Owner(found.st_uid));
        }
        if mode.contains(Mode::WOTH) {
            all.push(Writer::Everyone);
        }
        // With an ACL these bits are its mask (acl(5)): without them it gives no one else the right.
        let is_groups = mode.contains(Mode::WGRP);
        let doubt = if is_groups { self.add_by_group(glance, &mut all).err() } else { None };
        Ok((all, doubt))
    }

    /// Adds who can write since a group's bits are set.
    fn add_by_group(&self, glance: &Glance, all: &mut Vec<Writer>) -> Result<(), Obstacle> {
        let found = &glance.stat;
        let Some(acl) = glance.acl.as_ref().map_err(|errno| Obstacle::Errno(*errno))? else {
            let has_others = self.has_others(found.st_gid)?;
            all.extend(has_others.then_some(Writer::Group(found.st_gid)));
            return Ok(());
        };
        let mut doubt = None;
        for entry in entries(acl).ok_or(Obstacle::Malformed)?.filter(|entry| entry.may_write) {
            let writer = match entry.tag {
                ACL_USER if entry.id != 0 => Writer::AclUser(entry.id),
                ACL_GROUP_OBJ => Writer::Group(found.st_gid),
                ACL_GROUP => Writer::AclGroup(entry.id),
                _ => continue,
            };
            let is_anyone = match writer {
                Writer::Group(gid) | Writer::AclGroup(gid) => self.has_others(gid),
                _ => Ok(true),
            };
            match is_anyone {
                Ok(true) => all.push(writer),
                Ok(false) => {}
                Err(why) => doubt = Some(why),
            }
        }
        doubt.map_or(Ok(()), Err)
    }

    /// Whether anyone but root has the group. Group 0 is root's own.
    fn has_others(&self, gid: u32) -> Result<bool, Obstacle> {
        let has_members = self.members.has_others(gid).map_err(|NoAnswer| Obstacle::NoNames)?;
        Ok(has_members || (gid != 0 && self.holder(gid)?.is_some()))
    }

    fn holder(&self, gid: u32) -> Result<Option<String>, Obstacle> {
        if let Some(known) = self.held.borrow().get(&gid) {
            return known.clone();
        }
        let Some(holders) = &self.holders else { return Ok(None) };
        let found = holders.holder(gid);
        self.held.borrow_mut().insert(gid, found.clone());
        found
    }

    /// Who has the group of a writer, if no user is a member of it.
    fn holder_of(&self, writer: Writer) -> Option<String> {
        let (Writer::Group(gid) | Writer::AclGroup(gid)) = writer else { return None };
        self.held.borrow().get(&gid)?.clone().ok()?
    }
}

fn keep<T>(kept: &mut HashMap<PathBuf, T>, path: PathBuf, value: T) {
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(path, value);
}

/// One way from `root` to a file, component by component, as `path_resolution(7)` goes.
struct Walk<'w> {
    writers: &'w Writers,
    root: &'w Path,
    at: PathBuf,
    openings: Vec<Opening>,
    /// The first group on the way of which we do not know who is in it.
    doubt: Option<Unseen>,
}

impl Walk<'_> {
    fn along(mut self, path: &Path) -> Found<Answer> {
        let is_there = self.walk(Steps::of(path));
        // One opening is enough to know, whatever hides the rest.
        if !self.openings.is_empty() {
            return Ok(Answer::Others(Openings(self.openings)));
        }
        let is_there = self.doubt.map_or(is_there, Err);
        is_there.map(|is_there| if is_there { Answer::Root } else { Answer::Absent })
    }

    /// Whether there is such a file.
    fn walk(&mut self, mut left: Steps) -> Found<bool> {
        loop {
            let Some(above) = self.writers.look(&self.place())? else { return Ok(false) };
            if !above.is_sticky || left.is_empty() {
                self.open(self.at.clone(), &above);
            }
            if self.is_anyones() {
                return Ok(true);
            }
            let Some(part) = left.next() else { return Ok(true) };
            if above.kind != FileType::Directory {
                return Ok(false);
            }
            if part.as_os_str() == ".." {
                if self.at != self.root {
                    self.at.pop();
                }
            } else if !self.enter(&part, &above, &mut left)? {
                return Ok(false);
            }
        }
    }

    fn open(&mut self, path: PathBuf, look: &Look) {
        if let Some(why) = look.doubt.filter(|_| self.doubt.is_none()) {
            self.doubt = Some(Unseen { path: path.clone(), why });
        }
        let writers = &look.writers;
        if !writers.is_empty() && !self.openings.iter().any(|known| known.path == path) {
            let holder = self.writers.holder_of(writers[0]);
            self.openings.push(Opening { path, writers: writers.clone(), holder });
        }
    }

    /// Whether one user controls the rest of the path. It could lead to a file system that never answers,
    /// and the verdict is known already.
    fn is_anyones(&self) -> bool {
        let is_one = |writer: &Writer| matches!(writer, Writer::Owner(_) | Writer::Everyone);
        self.openings.iter().any(|opening| opening.writers.iter().any(is_one))
    }

    /// Where it stands. The slash makes the kernel follow `/proc/PID/root`, which is a link.
    fn place(&self) -> PathBuf {
        if self.at == self.root { self.root.join("") } else { self.at.clone() }
    }

    /// Goes one component down; a link puts its target before what is left of the way. Returns whether
    /// the component is there.
    fn enter(&mut self, part: &Path, above: &Look, left: &mut Steps) -> Found<bool> {
        let directory = self.at.clone();
        self.at.push(part);
        let Some(look) = self.writers.look(&self.at)? else {
            // In a sticky directory anyone can make what is not there.
            self.open(directory, above);
            return Ok(false);
        };
        let Some(target) = &look.target else { return Ok(true) };
        // Only there does it matter whose a link is: elsewhere its owner can't replace it.
        if above.is_sticky {
            self.open(self.at.clone(), &look);
        }
        if self.is_anyones() {
            return Ok(true);
        }
        left.follow(target).map_err(|TooManyLinks| Unseen {
            path: self.at.clone(),
            why: Obstacle::Errno(Errno::LOOP),
        })?;
        self.at = if target.is_absolute() { self.root.to_owned() } else { directory };
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, lchown, symlink};

    use rustix::fs::{XattrFlags, setxattr};
    use rustix::process::geteuid;
    use rustix::thread::set_thread_res_uid;

    use super::*;

    /// Owned by nobody in particular.
    const ALICE: u32 = 4_000_001;
    /// The primary group of the user `daemon` everywhere; and one that nobody is in.
    const DAEMON: u32 = 1;
    const EMPTY: u32 = 4_000_002;

    /// `/DIR/app/bin/tool` of root, below a directory that the walk takes for `/`.
    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Option<Self> {
            // Files of others can be made by root alone.
            geteuid().is_root().then(|| {
                let tree = Self(tempfile::tempdir().unwrap());
                fs::create_dir_all(tree.at("/app/bin")).unwrap();
                fs::write(tree.at("/app/bin/tool"), "").unwrap();
                for path in ["/app", "/app/bin", "/app/bin/tool"] {
                    tree.mode(path, 0o755);
                }
                tree
            })
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path.trim_start_matches('/'))
        }

        fn mode(&self, path: &str, mode: u32) {
            fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn owner(&self, path: &str, uid: u32, gid: u32) {
            lchown(self.at(path), Some(uid), Some(gid)).unwrap();
        }

        fn answer(&self, path: &str) -> Found<Answer> {
            Writers::default().below(self.0.path(), Path::new(path))
        }

        /// Who can replace `/app/bin/tool`, and at which path.
        fn opening(&self, path: &str) -> Option<(String, Writer)> {
            match self.answer(path).unwrap() {
                Answer::Others(Openings(all)) => {
                    let shown = all[0].path.strip_prefix(self.0.path()).unwrap();
                    Some((format!("/{}", shown.display()), all[0].writers[0]))
                }
                Answer::Root => None,
                Answer::Absent => panic!("{path} is absent"),
            }
        }
    }

    const TOOL: &str = "/app/bin/tool";

    #[test]
    fn every_component_counts() {
        let Some(tree) = Tree::new() else { return };
        assert_eq!(tree.opening(TOOL), None);
        for path in [TOOL, "/app/bin", "/app"] {
            tree.owner(path, ALICE, 0);
            assert_eq!(tree.opening(TOOL), Some((path.into(), Writer::Owner(ALICE))));
            tree.owner(path, 0, 0);
            tree.mode(path, 0o757);
            assert_eq!(tree.opening(TOOL), Some((path.into(), Writer::Everyone)));
            tree.mode(path, 0o755);
        }
        assert_eq!(tree.opening(TOOL), None);
    }

    #[test]
    fn all_that_is_wrong_is_mended_at_once() {
        let Some(tree) = Tree::new() else { return };
        let remedy = |path: &str| match tree.answer(path).unwrap() {
            Answer::Others(all) => all.remedy().replace(tree.0.path().to_str().unwrap(), ""),
            other => panic!("{other:?}"),
        };
        tree.owner("/app", ALICE, DAEMON);
        tree.mode("/app", 0o777);
        assert_eq!(remedy(TOOL), "chown root /app && chmod go-w /app");
        tree.owner("/app", 0, DAEMON);
        tree.mode("/app", 0o775);
        tree.owner(TOOL, ALICE, 0);
        assert_eq!(remedy(TOOL), format!("chmod g-w /app && chown root {TOOL}"));
        let deep = format!("/app/bin/{}", "d/".repeat(5));
        fs::create_dir_all(tree.at(&deep)).unwrap();
        for depth in 1..=5 {
            let path = format!("/app/bin/{}", "d/".repeat(depth));
            tree.owner(&path, 0, DAEMON);
            tree.mode(&path, 0o775);
        }
        assert!(remedy(&deep).ends_with("/d/d/d, and 2 more on the way"), "{}", remedy(&deep));
    }

    /// A user's link can lead to a mount that never answers.
    #[test]
    fn no_look_goes_behind_what_a_user_made() {
        let Some(tree) = Tree::new() else { return };
        fs::create_dir(tree.at("/sticky")).unwrap();
        symlink("/app/bin", tree.at("/sticky/way")).unwrap();
        tree.owner("/sticky/way", ALICE, 0);
        let behind = |path: &str| {
            let writers = Writers::default();
            let answer = writers.below(tree.0.path(), Path::new(path)).unwrap();
            assert!(matches!(answer, Answer::Others(_)), "{path}: {answer:?}");
            let looks = writers.looks.borrow();
            looks.keys().any(|path| path.starts_with(tree.at("/app/bin")))
        };
        tree.mode("/sticky", 0o1777);
        assert!(!behind("/sticky/way/tool"));
        for (uid, gid, mode, is_behind) in
            [(ALICE, 0, 0o755, false), (0, 0, 0o757, false), (0, DAEMON, 0o775, true)]
        {
            tree.owner("/app", uid, gid);
            tree.mode("/app", mode);
            assert_eq!(behind(TOOL), is_behind, "{mode:o}");
        }
    }

    #[test]
    fn a_group_counts_if_someone_is_in_it() {
        let Some(tree) = Tree::new() else { return };
        tree.mode("/app", 0o775);
        for (gid, opening) in
            [(0, None), (EMPTY, None), (DAEMON, Some(("/app".to_owned(), Writer::Group(DAEMON))))]
        {
            tree.owner("/app", 0, gid);
            assert_eq!(tree.opening(TOOL), opening, "{gid}");
        }
    }

    #[test]
    fn a_sticky_directory_protects_what_is_in_it_and_no_more() {
        let Some(tree) = Tree::new() else { return };
        tree.mode("/app", 0o1777);
        assert_eq!(tree.opening(TOOL), None);
        assert_eq!(tree.opening("/app"), Some(("/app".into(), Writer::Everyone)));
        let makes = tree.opening("/app/nothing");
        assert_eq!(makes, Some(("/app".into(), Writer::Everyone)), "anyone can make it");
        tree.owner("/app", ALICE, 0);
        assert_eq!(tree.opening(TOOL), Some(("/app".into(), Writer::Owner(ALICE))));
        tree.owner("/app", 0, 0);
        tree.owner("/app/bin", ALICE, 0);
        assert_eq!(tree.opening(TOOL), Some(("/app/bin".into(), Writer::Owner(ALICE))));
    }

    #[derive(Debug)]
    struct Holder(Result<Option<&'static str>, Obstacle>);

    impl Holders for Holder {
        fn holder(&self, gid: u32) -> Result<Option<String>, Obstacle> {
            assert_eq!(gid, EMPTY, "the others have members");
            self.0.map(|found| found.map(str::to_owned))
        }
    }

    #[test]
    fn a_group_without_members_counts_if_someone_holds_it() {
        let Some(tree) = Tree::new() else { return };
        tree.mode("/app", 0o775);
        let answer = |found| {
            let writers = Writers::with(Box::new(Holder(found)));
            writers.below(tree.0.path(), Path::new(TOOL)).map_err(|unseen| unseen.why)
        };
        let told = |found| match answer(found) {
            Ok(Answer::Others(openings)) => openings.told(),
            other => panic!("{other:?}"),
        };
        for gid in [0, DAEMON] {
            tree.owner("/app", 0, gid);
            let others = matches!(answer(Ok(Some("appd holds"))), Ok(Answer::Others(_)));
            assert_eq!(others, gid == DAEMON);
        }
        assert!(told(Ok(Some("appd holds"))).starts_with("group daemon may write /"));
        tree.owner("/app", 0, EMPTY);
        assert_eq!(answer(Ok(None)), Ok(Answer::Root));
        let unknown = || answer(Err(Obstacle::NoHolders));
        assert_eq!(unknown(), Err(Obstacle::NoHolders));
        // What is known further on decides.
        tree.owner("/app/bin", ALICE, 0);
        assert!(matches!(unknown(), Ok(Answer::Others(_))));
        tree.owner("/app/bin", 0, 0);
        let told = told(Ok(Some("appd holds")));
        assert!(told.starts_with("group 4000002, which appd holds, may write /"), "{told}");
    }

    #[test]
    fn links_are_followed_and_all_on_the_way_counts() {
        let Some(tree) = Tree::new() else { return };
        fs::create_dir(tree.at("/open")).unwrap();
        tree.mode("/open", 0o755);
        symlink("../app/./bin", tree.at("/open/way")).unwrap();
        symlink("/open/way/tool", tree.at("/tool")).unwrap();
        assert_eq!(tree.opening("/tool"), None);
        // Its owner can do nothing with it where only root may write.
        tree.owner("/open/way", ALICE, 0);
        assert_eq!(tree.opening("/tool"), None);
        tree.mode("/open", 0o1777);
        assert_eq!(tree.opening("/tool"), Some(("/open/way".into(), Writer::Owner(ALICE))));
        tree.mode("/open", 0o777);
        assert_eq!(tree.opening("/tool"), Some(("/open".into(), Writer::Everyone)));
        symlink("loop", tree.at("/app/loop")).unwrap();
        let looped = tree.answer("/app/loop").unwrap_err();
        assert_eq!(looped.why, Obstacle::Errno(Errno::LOOP));
        // No way leads out of a root.
        symlink("/../../../../app/bin", tree.at("/up")).unwrap();
        tree.mode("/open", 0o755);
        assert_eq!(tree.opening("/up/tool"), None);
    }

    #[test]
    fn an_acl_counts_where_its_mask_lets_it() {
        let Some(tree) = Tree::new() else { return };
        let set = |entries: &[(u16, u16, u32)]| {
            let mut acl = 2_u32.to_le_bytes().to_vec();
            for (tag, rights, id) in entries {
                acl.extend(tag.to_le_bytes());
                acl.extend(rights.to_le_bytes());
                acl.extend(id.to_le_bytes());
            }
            let at = tree.at("/app");
            setxattr(&at, c"system.posix_acl_access", &acl, XattrFlags::empty()).is_ok()
        };
        let none = u32::MAX;
        let acl = |rights, tag, id, mask| {
            let own = [(0x01, 7, none), (ACL_USER, 5, 9)];
            let mut all = [&own[..], &[(ACL_GROUP_OBJ, 5, none), (0x10, mask, none)]].concat();
            all.extend([(0x20, 5, none), (tag, rights, id)]);
            all.sort_by_key(|&(tag, _, id)| (tag, id));
            all
        };
        if !set(&acl(7, ACL_USER, ALICE, 7)) {
            return; // This file system has no ACLs.
        }
        let found = |writer| Some(("/app".to_owned(), writer));
        assert_eq!(tree.opening(TOOL), found(Writer::AclUser(ALICE)));
        assert!(set(&acl(7, ACL_USER, ALICE, 5)), "the mask takes it away");
        assert_eq!(tree.opening(TOOL), None);
        assert!(set(&acl(7, ACL_GROUP, DAEMON, 7)));
        assert_eq!(tree.opening(TOOL), found(Writer::AclGroup(DAEMON)));
        assert!(set(&acl(7, ACL_GROUP, EMPTY, 7)));
        assert_eq!(tree.opening(TOOL), None);
    }

    #[test]
    fn a_directory_that_may_not_be_searched_hides_what_is_in_it() {
        let Some(tree) = Tree::new() else { return };
        tree.mode("", 0o755);
        tree.mode("/app/bin", 0o700);
        let ask = |tree: &Tree| {
            // Of this thread alone.
            let user = rustix::process::Uid::from_raw(ALICE);
            set_thread_res_uid(user, user, user).unwrap();
            tree.answer(TOOL)
        };
        let hidden = std::thread::scope(|scope| scope.spawn(|| ask(&tree)).join().unwrap());
        let hidden = hidden.unwrap_err();
        assert_eq!(hidden.why, Obstacle::Errno(Errno::ACCESS));
        assert!(hidden.told().ends_with("/app/bin may not be searched"), "{}", hidden.told());
        // What is known above it decides.
        tree.mode("/app", 0o757);
        let open = std::thread::scope(|scope| scope.spawn(|| ask(&tree)).join().unwrap());
        assert!(matches!(open, Ok(Answer::Others(_))), "{open:?}");
    }

    #[test]
    fn any_path_has_an_answer() {
        let writers = Writers::default();
        assert_eq!(writers.of(Path::new("bin/sh")).unwrap_err().why, Obstacle::Relative);
        assert_eq!(writers.of(Path::new("/bin/sh/x")), Ok(Answer::Absent));
        let long = format!("/{}", "x".repeat(5000));
        let why = writers.of(Path::new(&long)).unwrap_err().why;
        assert_eq!(why, Obstacle::Errno(Errno::NAMETOOLONG));
        // Through the link to a process's root, which is ours.
        let below = writers.below(Path::new("/proc/self/root"), Path::new("/bin/sh"));
        assert_eq!(below, writers.of(Path::new("/bin/sh")));
    }

    #[test]
    fn an_acl_of_another_form_is_none() {
        assert!(entries(b"").is_none());
        assert!(entries(b"\x02\0\0\0\x01").is_none());
        assert!(entries(b"\x01\0\0\0").is_none());
    }
}
