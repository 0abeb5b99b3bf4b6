//! What is wrong with a process.

use crate::proc::fact::{Fact, Hidden, unless_gone};
use crate::rules::set::RuleSet;

/// What is wrong with a process, and what of it is hidden.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict<R, E> {
    /// Rules that it certainly breaks.
    pub broken: R,
    /// Those of them whose severity is swapped in this case: a WARNING rule is CRITICAL here, a CRITICAL
    /// rule a WARNING.
    pub swapped: R,
    /// Rules that it may break. They make the check UNKNOWN.
    pub doubtful: R,
    /// What hides the answer for the doubtful rules.
    pub hidden: Option<Hidden>,
    /// Rules that are about it and could be judged. Only a judge that sets `unseen` sets these.
    pub seen: R,
    /// Rules that may be about it but could not be judged. They are counted and change no state.
    pub unseen: R,
    /// What hides the answer for `unseen`.
    pub obstacle: Option<Hidden>,
    /// What the judge needs to explain the broken rules.
    pub evidence: E,
}

impl<R: RuleSet, E> Verdict<R, E> {
    /// Whether nothing is wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.doubtful.is_empty()
    }

    /// Records whether `rule` is broken. If that is hidden, the rule becomes doubtful.
    ///
    /// # Errors
    /// Gone.
    pub fn take(&mut self, rule: R, answer: Fact<bool>) -> Fact<()> {
        match unless_gone(answer)? {
            Ok(true) => self.broken.insert(rule),
            Ok(false) => {}
            Err(hidden) => self.doubt(rule, hidden),
        }
        Ok(())
    }

    /// Makes rules doubtful, even if they were broken.
    pub fn doubt(&mut self, rules: R, hidden: Hidden) {
        self.broken.remove(rules);
        self.doubtful.insert(rules);
        self.hidden.get_or_insert(hidden);
    }

    /// Removes rules that do not apply.
    pub(crate) fn lift(&mut self, rules: R) {
        self.broken.remove(rules);
        self.doubtful.remove(rules);
    }
}
