//! An error that stops a check before it reaches a verdict. The runner renders it as UNKNOWN.

use std::fmt;

/// A sentence for the sysadmin: what is wrong, where, and what would be right.
///
/// Escape text from outside before you put it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    text: String,
    is_of_host: bool,
}

impl Error {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_of_host: false }
    }

    /// An error about something that this host lacks, such as a user. The question itself is valid, so
    /// the check goes on with its other questions.
    pub(crate) fn of_host(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_of_host: true }
    }

    /// Appends what would be right: `error; remedy`.
    #[must_use]
    pub(crate) fn followed_by(self, remedy: &str) -> Self {
        Self { text: format!("{}; {remedy}", self.text), ..self }
    }

    /// Whether it is about something that this host lacks.
    pub(crate) const fn is_of_host(&self) -> bool {
        self.is_of_host
    }

    /// Prepends the place where it happened: `place: text`.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self { text: format!("{place}: {}", self.text), ..self }
    }
}

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
