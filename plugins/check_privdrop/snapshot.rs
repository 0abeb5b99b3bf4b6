//! What a process looked like when it was judged. It may be gone by the time of the report.

use procwarden::kernel::status::{Held, Ids};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;

use super::policy::Policy;
use super::rules::Rules;
use super::stray::Stray;

/// How many supplementary groups are named. The rest is counted.
const MOST_GROUPS: usize = 12;

/// What findings show of a process besides its name and user.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Snapshot {
    pub(crate) uid: Ids,
    pub(crate) gid: Ids,
    /// The first of its supplementary groups.
    pub(crate) groups: Vec<u32>,
    more_groups: usize,
    /// Whether its supplementary groups could be read.
    knows_groups: bool,
    /// Those of its groups that are as good as root.
    pub(crate) privileged: Vec<u32>,
    /// Its capabilities.
    pub(crate) held: Held,
    /// Whether they are valid only in a user namespace of its own.
    pub(crate) holds_inside: bool,
    /// Whether it runs in a nested PID namespace.
    pub(crate) contained: bool,
    /// A thread with other credentials.
    pub(crate) stray: Option<Stray>,
}

impl Snapshot {
    /// Takes a snapshot of `process`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn of(process: &mut Process<'_>, policy: &Policy) -> Fact<Self> {
        let status = process.status()?;
        let ids = status.gid.all().into_iter();
        let is_privileged = |id: &u32| policy.is_privileged(*id, status.gid);
        let mut privileged: Vec<u32> = ids.filter(is_privileged).collect();
        let mut groups = Vec::new();
        let mut more_groups = 0;
        let read = process.groups();
        let knows_groups = read.is_ok();
        for group in read.into_iter().flatten() {
            if groups.len() < MOST_GROUPS {
                groups.push(group);
            } else {
                more_groups += 1;
            }
            if is_privileged(&group) && privileged.len() < MOST_GROUPS {
                privileged.push(group);
            }
        }
        privileged.sort_unstable();
        privileged.dedup();
        let held = status.held.unwrap_or_default();
        let asks_threads = policy.severities.on.contains(Rules::THREADS);
        Ok(Self {
            uid: status.uid,
            gid: status.gid,
            groups,
            more_groups,
            knows_groups,
            privileged,
            held,
            holds_inside: !held.any().is_empty()
                && policy.is_about_capabilities()
                && process.is_in_own_user_namespace() == Ok(true),
            contained: status.pid_namespaces > 1,
            stray: asks_threads.then(|| Stray::of(process).ok().flatten()).flatten(),
        })
    }

    /// `uid 33/33/33 gid 0/0/0 groups 0`.
    pub(crate) fn ids(&self) -> String {
        let groups = if self.knows_groups {
            shown_groups(&self.groups, self.more_groups)
        } else {
            "unknown".into()
        };
        format!("uid {} gid {} groups {groups}", shown_ids(self.uid), shown_ids(self.gid))
    }
}

/// `0,33 and 4 more`, or `none`.
pub(crate) fn shown_groups(groups: &[u32], more: usize) -> String {
    let named: Vec<_> = groups.iter().take(MOST_GROUPS).map(ToString::to_string).collect();
    match (named.len(), groups.len() - named.len() + more) {
        (0, _) => "none".into(),
        (_, 0) => named.join(","),
        (_, more) => format!("{} and {more} more", named.join(",")),
    }
}

/// `33/33/0`: real, effective, saved, and the filesystem id if it is not the effective one.
pub(crate) fn shown_ids(ids: Ids) -> String {
    let three = format!("{}/{}/{}", ids.real, ids.effective, ids.saved);
    if ids.filesystem == ids.effective { three } else { format!("{three} fs {}", ids.filesystem) }
}
