//! The answer of a rule about a process.

use procwarden::proc::fact::{Fact, Missing, unless_gone};

/// Stands for a PID in the text of a flaw. No escaped text contains it.
pub(crate) const ITS_PID: char = '\0';

/// What a rule says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The rule is not about this process.
    NotAsked,
    /// The process keeps the rule.
    Kept,
    /// The process breaks the rule.
    Broken(Flaw),
}

/// What is wrong with a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// What is wrong and how to fix it, escaped. Equal texts become one finding, so this must not name
    /// anything that differs between processes of one program. Where the advice needs a PID, it has
    /// [`ITS_PID`], and the finding puts in one of its processes'.
    pub(crate) text: String,
    /// The rule's severity is swapped in this case: see [`Verdict::swapped`].
    ///
    /// [`Verdict::swapped`]: procwarden::rules::verdict::Verdict::swapped
    pub(crate) is_swapped: bool,
}

impl Flaw {
    /// A flaw of the rule's usual severity.
    pub(crate) const fn new(text: String) -> Self {
        Self { text, is_swapped: false }
    }
}

impl Answer {
    /// Of several looks: broken if one finds a flaw, whatever hides the others.
    ///
    /// # Errors
    /// Gone, or hidden by what hid the first one.
    pub(crate) fn of_all(looks: impl IntoIterator<Item = Fact<Option<String>>>) -> Fact<Self> {
        let mut obstacle = None;
        for look in looks {
            match unless_gone(look)? {
                Ok(None) => {}
                Ok(flaw) => return Ok(Self::of(flaw)),
                Err(hidden) => obstacle = obstacle.or(Some(hidden)),
            }
        }
        obstacle.map_or(Ok(Self::Kept), |hidden| Err(Missing::Hidden(hidden)))
    }

    /// Broken if there is a flaw.
    pub(crate) fn of(text: Option<String>) -> Self {
        text.map_or(Self::Kept, |text| Self::Broken(Flaw::new(text)))
    }
}
