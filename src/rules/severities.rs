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
    /// Those whose state the administrator chose.
    pub chosen: R,
}

impl<R: RuleSet> Severities<R> {
    /// How bad it is to break these rules.
    pub fn state(&self, broken: R) -> State {
        self.state_of(broken, R::empty())
    }

    /// The same, where breaking `other` of them is of the other state than usual, unless the
    /// administrator chose.
    pub fn state_of(&self, broken: R, other: R) -> State {
        let other = other.difference(self.chosen);
        if !self.warnings.symmetric_difference(other).contains(broken) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::set::tests::Three;

    #[test]
    fn the_worst_of_the_broken_rules_counts() {
        let severities = Severities {
            on: Three::all(),
            named: Three::empty(),
            warnings: Three::TWO,
            chosen: Three::SIX,
        };
        assert_eq!(severities.state(Three::empty()), State::Ok);
        assert_eq!(severities.state(Three::TWO), State::Warning);
        assert_eq!(severities.state(Three::TWO | Three::ONE), State::Critical);
        assert_eq!(severities.state_of(Three::TWO, Three::TWO), State::Critical);
        assert_eq!(severities.state_of(Three::ONE, Three::ONE), State::Warning);
        assert_eq!(severities.state_of(Three::SIX, Three::SIX), State::Critical, "it was chosen");
    }
}
