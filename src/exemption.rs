//! Exemptions: processes that someone has looked at and found right, and the reason why.
//!
//! An exemption is a selector; in a file, `SELECTOR # REASON`. It remembers how often it was of use,
//! so that one which spares nothing any more can be told and taken away.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::Error;
use crate::escape;
use crate::fact::Fact;
use crate::process::Process;
use crate::selector::{Selector, Subject};
use crate::spec::lines_of;

/// What stands between a selector and the reason.
const REASON_MARK: &[u8] = b" # ";

/// Longest selector and longest reason shown, in characters.
const LONGEST: usize = 120;

/// One exemption.
#[derive(Clone, Debug)]
pub struct Exemption {
    selector: Selector,
    reason: Option<String>,
    matched: u64,
}

impl Exemption {
    /// Reads `SELECTOR` or `SELECTOR # REASON`.
    ///
    /// # Errors
    /// What is wrong with the selector, and what would be right.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let explain =
            |error: Error| error.at(format_args!("exemption '{}'", escape::bounded(text, 100)));
        let mark = text
            .windows(REASON_MARK.len())
            .position(|part| part == REASON_MARK);
        let (selector, reason) = match mark {
            Some(at) => (&text[..at], Some(&text[at + REASON_MARK.len()..])),
            None => (text, None),
        };
        Ok(Self {
            selector: Selector::parse(selector.trim_ascii(), Subject::Program).map_err(explain)?,
            reason: reason.map(|reason| escape::bounded(reason.trim_ascii(), LONGEST)),
            matched: 0,
        })
    }

    /// Whether `process` is exempt; a yes is counted.
    ///
    /// # Errors
    /// Gone, or hidden where the answer hangs on a hidden fact.
    pub fn covers(&mut self, process: &mut Process<'_>) -> Fact<bool> {
        let fits = self.selector.fits(process)?;
        self.matched += u64::from(fits);
        Ok(fits)
    }

    /// How many processes it has covered.
    pub const fn matched(&self) -> u64 {
        self.matched
    }
}

/// `atd (runs jobs as their owners)`, or the selector alone.
impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::shortened(self.selector.text(), LONGEST))?;
        match &self.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// The exemptions of a file, one a line, read by `parse`: [`Exemption::parse`], or a plugin's own
/// for lines that say more. A file without any is no error, since it spares nothing.
///
/// # Errors
/// As [`lines_of`]; a wrong line is told with file and number.
pub fn exemptions_of<T>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let shown = escape::text(path.as_os_str().as_bytes());
    let lines = lines_of(path)?;
    let read = lines.iter().map(|(number, line)| {
        parse(line).map_err(|error| error.at(format_args!("{shown}:{number}")))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_follows_the_mark() {
        let shown = |text: &str| Exemption::parse(text.as_bytes()).unwrap().to_string();
        assert_eq!(shown("atd"), "atd");
        assert_eq!(
            shown("atd,user=root  #  by design # so"),
            "atd,user=root (by design # so)"
        );
        assert_eq!(shown("args~a#b"), "args~a#b");
        assert_eq!(shown("a # \x1b|"), "a (\\x1b\\x7c)");
    }

    #[test]
    fn a_wrong_line_is_told_with_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "# known\n\natd # by design\nfrob=1 # no such key\n",
        )
        .unwrap();
        let error = exemptions_of(file.path(), Exemption::parse).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(":4: exemption 'frob=1 # no such key': unknown key"),
            "{error}"
        );
        std::fs::write(file.path(), "# known\natd # by design\n").unwrap();
        let read = exemptions_of(file.path(), Exemption::parse).unwrap();
        assert_eq!((read.len(), read[0].matched()), (1, 0));
    }
}
