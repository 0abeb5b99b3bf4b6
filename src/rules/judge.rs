//! What a plugin that has rules implements.

use std::fmt::Debug;

use bitflags::Flags;

use crate::host::names;
use crate::proc::describe;
use crate::proc::fact::Fact;
use crate::proc::process::Process;
use crate::proc::root::Pid;
use crate::rules::set::RuleSet;
use crate::rules::severities::Severities;
use crate::rules::verdict::Verdict;
use crate::text::escape;

/// Longest user name shown, in characters.
const LONGEST_USER: usize = 32;

/// The verdict type of a judge.
pub type VerdictOf<J> = Verdict<<J as Judge>::Rules, <J as Judge>::Evidence>;

/// Judges processes by a plugin's rules.
pub trait Judge {
    /// The plugin's rules.
    type Rules: RuleSet;

    /// What [`Self::judge`] learned and a finding needs as an explanation.
    type Evidence: Clone + Debug + Default;

    /// What a finding shows of a process besides its name and user. Processes that look the same and
    /// break the same rules become one finding.
    type Looks: Clone + Debug + Ord;

    /// What the first line says when none of the default rules is broken. With others it names them.
    const ALL_WELL: &'static str;

    /// Which rules are on, and how bad each is.
    fn severities(&self) -> &Severities<Self::Rules>;

    /// Judges a process; `None` if no rule is about it.
    ///
    /// # Errors
    /// Gone, or hidden. If hidden, all rules become doubtful.
    fn judge(&self, process: &mut Process<'_>) -> Fact<Option<VerdictOf<Self>>>;

    /// Reads what findings show of a process that breaks rules.
    ///
    /// # Errors
    /// Gone, or hidden.
    fn looks(&self, process: &mut Process<'_>, verdict: &VerdictOf<Self>) -> Fact<Self::Looks>;

    /// The looks as text for a detail line. May be empty.
    fn shown(&self, looks: &Self::Looks) -> String;

    /// Explains why a process that looks so breaks `rules`, and what to do. `pid` is one of them, for advice
    /// that needs one.
    fn causes(&self, rules: Self::Rules, looks: &Self::Looks, pid: Pid) -> String;

    /// Rules whose findings often go away by themselves. A process that breaks one is judged again
    /// after a second, even without `--recheck`.
    fn passing(&self) -> Self::Rules {
        Self::Rules::empty()
    }

    /// Findings about the host rather than a process.
    fn of_host(&self) -> Vec<HostFinding<Self::Rules>> {
        Vec::new()
    }

    /// Further lines for `-vv`.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A finding about the host rather than a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFinding<R> {
    /// The rule that is broken.
    pub rule: R,
    /// What an exemption names, as a file's path, fit for output.
    pub subject: String,
    /// What is wrong and how to fix it, fit for output.
    pub text: String,
}

/// The process that a finding is about, as the finding shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<L> {
    /// Its name, escaped.
    pub name: String,
    /// Its effective user, escaped.
    pub user: String,
    /// Whether it runs in a nested PID namespace.
    pub contained: bool,
    /// What its judge shows.
    pub looks: L,
}

impl<L> Subject<L> {
    /// Reads it from the process.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn of<J>(
        process: &mut Process<'_>,
        judge: &J,
        verdict: &VerdictOf<J>,
    ) -> Fact<Subject<J::Looks>>
    where
        J: Judge<Looks = L>,
    {
        let status = process.status()?;
        Ok(Subject {
            name: describe::name(process),
            user: escape::bounded(names::user(status.uid.effective).as_bytes(), LONGEST_USER),
            contained: status.pid_namespaces > 1,
            looks: judge.looks(process, verdict)?,
        })
    }
}
