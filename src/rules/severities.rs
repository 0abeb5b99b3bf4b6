//! Which rules are on, and how bad it is to break each.

use crate::nagios::state::State;
use crate::rules::set::RuleSet;

/// Which rules are on, and how bad each is.
#[derive(Clone, Copy, Debug)]
pub struct Severities<R> {
    /// The rules that are on.
    pub on: R,
    /// Those of them that the administrator named, and so relies on.
    pub named: R,
    /// Those that are a WARNING. The others are CRITICAL.
    pub warnings: R,
    /// Those whose severity the administrator set.
    pub chosen: R,
}

impl<R: RuleSet> Severities<R> {
    /// The state if these rules are broken.
    pub fn state(&self, broken: R) -> State {
        self.state_of(broken, R::empty())
    }

    /// [`Self::state`], with the severity of the rules `swapped` exchanged ([`Verdict::swapped`]) unless
    /// the administrator set it.
    ///
    /// [`Verdict::swapped`]: crate::rules::verdict::Verdict::swapped
    pub(crate) fn state_of(&self, broken: R, swapped: R) -> State {
        let swapped = swapped.difference(self.chosen);
        if !self.warnings.symmetric_difference(swapped).contains(broken) {
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
