//! Groups of the processes of a spec, each of which is held against its ranges: `each=unit`.

use crate::host::names;
use crate::proc::describe;
use crate::proc::fact::Fact;
use crate::proc::process::{Process, shown_name};
use crate::proc::root::{Pid, ProcRoot};
use crate::select::selector::{Key, id, split_terms};
use crate::text::error::Error;
use crate::text::escape;

/// Longest name of a group, in characters.
const LONGEST: usize = 64;

/// What the processes of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Each(Key);

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Of a user, a group of users, or the children of a process.
    Number(u32),
    /// Of a unit, or a name.
    Text(Vec<u8>),
    /// Of those that are in no unit.
    None,
}

/// The keys that make groups, and what one of several groups is called.
const KEYS: [(Key, &str); 6] = [
    (Key::User, "users"),
    (Key::RealUser, "users"),
    (Key::Group, "groups"),
    (Key::Name, "names"),
    (Key::Unit, "units"),
    (Key::Ppid, "parents"),
];

const WORD: &[u8] = b"each=";

impl Each {
    /// What a spec asks for, whose ranges are not split off yet.
    ///
    /// # Errors
    /// A key that makes no groups, or a second one.
    pub(super) fn of_spec(text: &[u8]) -> Result<Option<Self>, Error> {
        let mut keys = keys(text);
        let Some(key) = keys.next() else { return Ok(None) };
        if keys.next().is_some() {
            return Err(Error::new("it has two each=; write a spec for each"));
        }
        Self::named(key.split(|&byte| byte == b':').next().unwrap_or_default()).map(Some)
    }

    /// Refuses what is left behind the key when the ranges are split off.
    ///
    /// # Errors
    /// As [`Self::of_spec`].
    pub(super) fn check(rest: &[u8]) -> Result<(), Error> {
        keys(rest).try_for_each(|key| Self::named(key).map(drop))
    }

    fn named(key: &[u8]) -> Result<Self, Error> {
        let found = KEYS.iter().find(|(known, _)| known.name().as_bytes() == key);
        found.map(|&(key, _)| Self(key)).ok_or_else(|| {
            let (key, known) = (escape::bounded(key, 100), KEYS.map(|(key, _)| key.name()));
            let known = known.join(", ");
            Error::new(format!("'{key}' makes no groups; write each= with one of {known}"))
        })
    }

    /// Whether a term asks for groups.
    pub(super) fn is_term(term: &[u8]) -> bool {
        term.starts_with(WORD)
    }

    /// The group of a process.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn group_of(self, process: &mut Process<'_>) -> Fact<Group> {
        Ok(match self.0 {
            Key::User => Group::Number(id(Key::Uid, process)?),
            Key::RealUser => Group::Number(id(Key::RealUid, process)?),
            Key::Group => Group::Number(id(Key::Gid, process)?),
            Key::Unit => match process.unit()? {
                Some(unit) => Group::Text(unit.to_vec()),
                None => Group::None,
            },
            Key::Name => Group::Text(shown_name(process)?),
            _ => Group::Number(id(Key::Ppid, process)?),
        })
    }

    /// What a group is called: `alice`, `cron.service`, `worker.py (pid 300)`.
    pub fn name(self, group: &Group, root: &ProcRoot) -> String {
        let text = |name: &str| escape::bounded(name.as_bytes(), LONGEST);
        match (group, self.0) {
            (Group::Text(name), _) => escape::bounded(name, LONGEST),
            (Group::None, _) => "no unit".into(),
            (&Group::Number(id), Key::Group) => text(&names::group(id)),
            (&Group::Number(pid), Key::Ppid) => {
                format!("{} (pid {pid})", describe::name(&mut Process::new(root, Pid(pid))))
            }
            (&Group::Number(id), _) => text(&names::user(id)),
        }
    }

    /// `users`, `units`: what many groups are.
    pub fn plural(self) -> &'static str {
        KEYS.iter().find(|(key, _)| *key == self.0).map_or("groups", |(_, plural)| plural)
    }

    /// The key in a spec.
    pub fn key(self) -> Key {
        self.0
    }
}

/// What the terms of a spec make groups by.
fn keys(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    split_terms(text).into_iter().filter_map(|term| term.strip_prefix(WORD))
}
