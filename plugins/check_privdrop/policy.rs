//! Applies the rules to a process. One read of `status` answers most of them.

use procwarden::kernel::capability::Capabilities;
use procwarden::kernel::file::File;
use procwarden::kernel::status::{Held, Ids, Status};
use procwarden::proc::fact::{self, Cause, Fact, Hidden, Missing, NO_NAMES, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::rules::judge::Judge;
use procwarden::rules::severities::Severities;

use super::cause::causes;
use super::rules::Rules;
use super::snapshot::Snapshot;
use super::stray::Stray;

/// A verdict without evidence: the snapshot explains it.
type Verdict = procwarden::rules::verdict::Verdict<Rules, ()>;

/// Which rules are on, how bad each is, and what is allowed.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Which rules are on, and how bad each is.
    pub(crate) severities: Severities<Rules>,
    /// Capabilities that any process may hold.
    pub(crate) allowed: Capabilities,
    /// Groups that are as good as root.
    pub(crate) privileged: Vec<u32>,
    /// Whether some may be missing, because the name service did not answer.
    pub(crate) may_lack_groups: bool,
}

impl Judge for Policy {
    type Rules = Rules;
    type Evidence = ();
    type Looks = Snapshot;

    const ALL_WELL: &'static str = "no root uid, gid or group left behind";

    fn severities(&self) -> &Severities<Rules> {
        &self.severities
    }

    /// `None` if it runs as root, and no other thread needs to be judged.
    fn judge(&self, process: &mut Process<'_>) -> Fact<Option<Verdict>> {
        // Root owns the directory of root's processes. That costs a seventh of reading `status`.
        let is_about_threads = self.severities.on.contains(Rules::THREADS);
        if !is_about_threads && unless_gone(process.owner())?.is_ok_and(|owner| owner.uid == 0) {
            return Ok(None);
        }
        let status = match unless_gone(process.status())? {
            Ok(status) => status,
            Err(hidden) => return self.judge_unseen(process, hidden),
        };
        let asks_threads = is_about_threads && status.threads != Some(1);
        let is_root = status.uid.effective == 0;
        if is_root && !asks_threads {
            return Ok(None);
        }
        let mut verdict = Verdict::default();
        if asks_threads {
            verdict.take(Rules::THREADS, Stray::of(process).map(|stray| stray.is_some()))?;
        }
        if !is_root {
            for (rule, answer) in self.answers(process, &status) {
                if self.severities.on.contains(rule) {
                    verdict.take(rule, answer)?;
                }
            }
        }
        Ok(Some(verdict))
    }

    fn looks(&self, process: &mut Process<'_>, _: &Verdict) -> Fact<Snapshot> {
        Snapshot::of(process, self)
    }

    fn shown(&self, looks: &Snapshot) -> String {
        looks.ids()
    }

    fn causes(&self, rules: Rules, looks: &Snapshot, _: Pid) -> String {
        causes(rules, looks, self.allowed)
    }

    fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.allowed.is_empty() {
            lines.push(format!("allowed capabilities: {}", self.allowed));
        }
        if !self.privileged.is_empty() {
            let ids: Vec<_> = self.privileged.iter().map(ToString::to_string).collect();
            lines.push(format!("privileged groups: {}", ids.join(", ")));
        }
        lines
    }
}

impl Policy {
    /// Whether a rule about capabilities is on.
    pub(crate) const fn is_about_capabilities(&self) -> bool {
        self.severities.on.intersects(Rules::CAPS.union(Rules::NO_NEW_PRIVS))
    }

    /// Makes every rule doubtful that may be about the process. The owner of its directory, visible even if
    /// `status` is hidden, shows whether it is root's.
    fn judge_unseen(&self, process: &mut Process<'_>, hidden: Hidden) -> Fact<Option<Verdict>> {
        let is_roots = unless_gone(process.owner())?.is_ok_and(|owner| owner.uid == 0);
        let rules = if is_roots { self.severities.on & Rules::THREADS } else { self.severities.on };
        let mut verdict = Verdict::default();
        verdict.doubt(rules, hidden);
        Ok((!rules.is_empty()).then_some(verdict))
    }

    /// Whether a process breaks each rule.
    fn answers(&self, process: &mut Process<'_>, status: &Status) -> [(Rules, Fact<bool>); 6] {
        let line_missing = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
        let gids = status.gid.all();
        let in_root = process.groups().map(|mut groups| groups.any(|group| group == 0));
        let is_privileged = |group| self.is_privileged(group, status.gid);
        let in_privileged =
            process.groups().map(|groups| gids.into_iter().chain(groups).any(is_privileged));
        let held = status.held.map(Held::any).ok_or(line_missing);
        let may_gain = status.no_new_privs.map(|set| !set).ok_or(line_missing);
        let in_privileged = match in_privileged {
            Ok(false) if self.may_lack_groups => Err(NO_NAMES),
            known => known,
        };
        let has_some = fact::any([held.map(|held| !held.is_empty()), in_privileged]);
        [
            (Rules::GID_ROOT, Ok(gids.contains(&0))),
            (Rules::GROUP_ROOT, in_root),
            (Rules::UID_REGAIN, Ok(status.uid.all().contains(&0))),
            (Rules::CAPS, held.map(|held| !held.without(self.allowed).is_empty())),
            (Rules::GROUPS, in_privileged),
            (Rules::NO_NEW_PRIVS, fact::all([may_gain, has_some])),
        ]
    }

    /// Whether `group` is as good as root and not the process's own group, which the administrator gave to
    /// its user. Its own group is the real group id in `of`: neither set-group-ID programs nor `setegid()`
    /// change it.
    pub(crate) fn is_privileged(&self, group: u32, of: Ids) -> bool {
        group != of.real && self.privileged.contains(&group)
    }
}
