//! Which rules are on, and how bad it is to break each.

use crate::nagios::state::State;
use crate::rules::set::RuleSet;

/// Which rules are on, and how bad each is.
#[derive(Clone, Copy, Debug)]
pub struct Severities<R> {
    /// Those that are on.
    pub on: R,
    /// Those of them that were asked for by name: the administrator relies on them.
    pub named: R,
    /// Those that make a WARNING. The others are CRITICAL.
    pub warnings: R,
}

impl<R: RuleSet> Severities<R> {
    /// How bad it is to break these rules.
    pub fn state(&self, broken: R) -> State {
        if !self.warnings.contains(broken) {
            State::Critical
        } else if broken.is_empty() {
            State::Ok
        } else {
            State::Warning
        }
    }

    /// `rules: gid-root (CRITICAL), uid-regain (WARNING)`.
    pub(crate) fn in_words(&self) -> String {
        let rule = |rule: R| format!("{} ({})", rule.names(""), self.state(rule));
        let rules: Vec<_> = self.on.iter().map(rule).collect();
        format!("rules: {}", rules.join(", "))
    }
}
