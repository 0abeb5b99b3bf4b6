//! `--per`: what is compared with the thresholds. Each process separately, or all with the same name,
//! user or unit together.

use clap::ValueEnum;
use procwarden::host::names;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::{Process, shown_name};
use procwarden::text::escape;

/// Longest name of a group shown, in characters.
const LONGEST: usize = 64;

/// As typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(super) enum Per {
    /// Each process by itself
    Process,
    /// All that have the same name, together
    Name,
    /// All of the same effective user, together
    User,
    /// All of the same systemd unit, together
    Unit,
}

impl Per {
    /// What the processes of a group have in common.
    const fn group(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Name => "name",
            Self::User => "user",
            Self::Unit => "unit",
        }
    }

    /// The plural of [`Self::group`].
    pub(super) const fn groups(self) -> &'static str {
        match self {
            Self::Process => "processes",
            Self::Name => "names",
            Self::User => "users",
            Self::Unit => "units",
        }
    }
}

/// Processes that are judged together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Name(Vec<u8>),
    /// By effective uid.
    User(u32),
    Unit(Vec<u8>),
    /// Outside of all units, such as kernel threads.
    NoUnit,
    /// Processes whose group is hidden.
    Unplaced(Per),
}

impl Group {
    /// The group of `process`; `None` if each process is judged separately.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(super) fn of(per: Per, process: &mut Process<'_>) -> Fact<Option<Self>> {
        Ok(Some(match per {
            Per::Process => return Ok(None),
            Per::Name => Self::Name(shown_name(process)?),
            Per::User => Self::User(process.known_uid()?),
            Per::Unit => {
                let unit = process.unit()?;
                unit.map_or(Self::NoUnit, |unit| Self::Unit(unit.to_vec()))
            }
        }))
    }

    /// `user alice`, escaped.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("all {}", escape::bounded(name, LONGEST)),
            Self::User(uid) => {
                format!("user {}", escape::bounded(names::user(*uid).as_bytes(), LONGEST))
            }
            Self::Unit(unit) => escape::bounded(unit, LONGEST),
            Self::NoUnit => "outside of units".into(),
            Self::Unplaced(per) => format!("processes whose {} is hidden", per.group()),
        }
    }
}

/// All groups of a sample. A reading refers to its group by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    all: Vec<Group>,
    places: std::collections::HashMap<Group, u32>,
}

impl Groups {
    /// The index of a group. Adds it if it is new.
    pub(super) fn place(&mut self, group: Group) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        *self.places.entry(group).or_insert_with_key(|group| {
            self.all.push(group.clone());
            next
        })
    }

    /// All of them, in order of their indexes.
    pub(super) fn all(&self) -> &[Group] {
        &self.all
    }
}
