//! An error that stops a check before it reaches a verdict. The runner renders it as UNKNOWN.

use std::fmt;

/// A sentence for the sysadmin: what was wrong, where, and what would be right.
///
/// Text from outside must be escaped before it goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The same error with the place where it happened: `place: text`.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
