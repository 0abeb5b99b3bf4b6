//! Who can replace a file, in words and with remedies, or why we don't know.

use std::path::PathBuf;

use rustix::io::Errno;

use crate::host::names;
use crate::text::escape;

/// The remedy names at most this many places on a path.
const MOST_TOLD: usize = 4;

/// Someone other than root who can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// The owner, who can change the mode whatever it is.
    Owner(u32),
    /// Whoever has the group: its members, or a holder.
    Group(u32),
    /// Everyone.
    Everyone,
    /// A user whom an ACL names.
    AclUser(u32),
    /// Whoever has a group that an ACL names.
    AclGroup(u32),
}

/// A file or directory that others than root can write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The file itself, or a directory or link on the way to it.
    pub path: PathBuf,
    /// Who can; at least one.
    pub writers: Vec<Writer>,
    /// Who has the group of the first, if no user is a member: `appd (pid 812) holds`.
    pub holder: Option<String>,
}

impl Opening {
    /// Who can do what, fit for output: `user alice owns /opt/app`.
    fn told(&self) -> String {
        let path = escape::path(&self.path);
        let user = |uid| escape::text(names::user(uid).as_bytes());
        let group = |gid| {
            let name = escape::text(names::group(gid).as_bytes());
            match &self.holder {
                Some(holder) => format!("{name}, which {holder},"),
                None => name,
            }
        };
        match self.writers[0] {
            Writer::Owner(uid) => format!("user {} owns {path}", user(uid)),
            Writer::Group(gid) => format!("group {} may write {path}", group(gid)),
            Writer::Everyone => format!("everyone may write {path}"),
            Writer::AclUser(uid) => format!("user {} may write {path} by an ACL", user(uid)),
            Writer::AclGroup(gid) => format!("group {} may write {path} by an ACL", group(gid)),
        }
    }

    /// The home directory of its owner, if it is there. Without it the owner could not log in.
    fn home(&self) -> Option<PathBuf> {
        let owner = self.writers.iter().find_map(|writer| match writer {
            Writer::Owner(uid) => Some(*uid),
            _ => None,
        })?;
        let home = names::home(owner)?;
        (home.components().count() > 1 && self.path.starts_with(&home)).then_some(home)
    }

    /// The commands that mend it, each without the path.
    fn remedies(&self) -> Vec<String> {
        let letter = |writer: &Writer| match writer {
            Writer::Group(_) => Some('g'),
            Writer::Everyone => Some('o'),
            _ => None,
        };
        let mut classes: Vec<_> = self.writers.iter().filter_map(letter).collect();
        classes.sort_unstable();
        let classes = String::from_iter(classes);
        let others = self.writers.iter().filter_map(|writer| match writer {
            Writer::Owner(_) => Some("chown root".to_owned()),
            Writer::AclUser(id) => {
                Some(format!("setfacl -x u:{}", escape::text(names::user(*id).as_bytes())))
            }
            Writer::AclGroup(id) => {
                Some(format!("setfacl -x g:{}", escape::text(names::group(*id).as_bytes())))
            }
            Writer::Group(_) | Writer::Everyone => None,
        });
        let mut all: Vec<_> = others.collect();
        if !classes.is_empty() {
            all.push(format!("chmod {classes}-w"));
        }
        all
    }
}

/// All that others can write on the way to a file, in its order; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Openings(pub(super) Vec<Opening>);

impl Openings {
    /// Who can do what at the first of them, fit for output: `user alice owns /opt/app`.
    pub fn told(&self) -> String {
        self.0[0].told()
    }

    /// How to mend them all, fit for output: `chown root /opt/app /opt/app/bin && chmod o-w /opt/app`.
    pub fn remedy(&self) -> String {
        if let Some(home) = self.0.iter().find_map(Opening::home) {
            let home = escape::path(&home);
            return format!("move it out of {home}, to /usr/local for one, and name it there");
        }
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for opening in self.0.iter().take(MOST_TOLD) {
            for command in opening.remedies() {
                let path = escape::path(&opening.path);
                match commands.iter_mut().find(|(known, _)| *known == command) {
                    Some((_, paths)) => paths.push(path),
                    None => commands.push((command, vec![path])),
                }
            }
        }
        let whole =
            |(command, paths): (String, Vec<String>)| format!("{command} {}", paths.join(" "));
        let commands: Vec<_> = commands.into_iter().map(whole).collect();
        let more = match self.0.len().saturating_sub(MOST_TOLD) {
            0 => String::new(),
            count => format!(", and {count} more on the way"),
        };
        commands.join(" && ") + &more
    }
}

/// Who can replace the file at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Root alone.
    Root,
    /// Others, too.
    Others(Openings),
    /// There is no such file, and only root can make one.
    Absent,
}

/// Why nothing is known of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What could not be looked at.
    pub path: PathBuf,
    /// Why not.
    pub why: Obstacle,
}

/// What keeps us from looking at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The kernel refused: EACCES where a directory above may not be searched.
    Errno(Errno),
    /// The name service does not say who is in a group.
    NoNames,
    /// The processes that may have its group can't be read.
    NoHolders,
    /// Its owner has no number in our user namespace.
    Unmapped,
    /// Its ACL is not of the kernel's form.
    Malformed,
    /// The path is relative.
    Relative,
    /// There is more of it than we are willing to read.
    TooLong,
}

impl Unseen {
    /// In words, fit for output: `/srv/app may not be searched`.
    pub fn told(&self) -> String {
        let path = escape::path(&self.path);
        match self.why {
            Obstacle::Errno(Errno::ACCESS) => {
                let above = self.path.parent().map_or(path, escape::path);
                format!("{above} may not be searched")
            }
            Obstacle::Errno(errno) => format!("{path}: {errno}"),
            Obstacle::NoNames => {
                format!("{path}: the name service does not say who is in its group")
            }
            Obstacle::NoHolders => {
                format!("{path}: a process that may have its group can't be read")
            }
            Obstacle::Unmapped => {
                format!("the owner of {path} has no number in this user namespace")
            }
            Obstacle::Malformed => format!("{path}: its ACL is not what a kernel writes"),
            Obstacle::TooLong => format!("{path} is too long to read"),
            Obstacle::Relative => format!("{path} is relative"),
        }
    }
}
