//! What a rule says of a process.

/// What a rule says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is not about this process.
    NotAsked,
    /// All is well.
    Kept,
    /// The rule is broken.
    Broken(Flaw),
}

/// What is wrong with a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// What is wrong and how to mend it, fit for output. It holds nothing that differs between
    /// processes of one program, such as a PID: equal ones are one finding.
    pub(crate) text: String,
    /// It is of the other state than the rule usually is: worse if that is WARNING, milder if CRITICAL.
    pub(crate) is_other: bool,
}

impl Flaw {
    /// A flaw of the rule's usual state.
    pub(crate) const fn new(text: String) -> Self {
        Self { text, is_other: false }
    }
}

impl Answer {
    /// Broken if there is a flaw.
    pub(crate) fn of(text: Option<String>) -> Self {
        text.map_or(Self::Kept, |text| Self::Broken(Flaw::new(text)))
    }
}
