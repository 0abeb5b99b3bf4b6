//! What is wrong with a process.

use crate::proc::fact::{Fact, Hidden, unless_gone};
use crate::rules::set::RuleSet;

/// What is wrong with a process, and what could not be seen of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict<R, E> {
    /// Rules that it certainly breaks.
    pub broken: R,
    /// Those of them that it breaks in a way of the other state: worse than usual if the rule makes a
    /// WARNING, milder if it makes a CRITICAL.
    pub other: R,
    /// Rules that it may break. They make the check UNKNOWN.
    pub doubtful: R,
    /// What hides whether it breaks the doubtful ones.
    pub hidden: Option<Hidden>,
    /// Rules that are about it, and could be judged. Only a judge that counts `unseen` counts these.
    pub seen: R,
    /// Rules that are or may be about it, and could not be judged. They are counted, no more.
    pub unseen: R,
    /// What hides these.
    pub obstacle: Option<Hidden>,
    /// What the judge needs to explain the broken rules.
    pub evidence: E,
}

impl<R: RuleSet, E> Verdict<R, E> {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.doubtful.is_empty()
    }

    /// Takes the answer to a rule that is doubtful where it is hidden.
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

    /// Makes rules doubtful.
    pub fn doubt(&mut self, rules: R, hidden: Hidden) {
        self.broken.remove(rules);
        self.doubtful.insert(rules);
        self.hidden.get_or_insert(hidden);
    }

    /// Removes rules that do not apply.
    pub fn lift(&mut self, rules: R) {
        self.broken.remove(rules);
        self.doubtful.remove(rules);
    }
}
