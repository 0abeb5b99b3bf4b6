//! Files of specs or selectors: one a line, with comments.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::text::error::Error;
use crate::text::escape;

/// A file of specs or selectors larger than this is a mistake.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads a file of specs or selectors.
///
/// # Errors
/// When the file can't be read or is too large to be one.
pub(crate) fn contents_of(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = escape::path(path);
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut text)).map_err(
        |error| {
            let right = match error.kind() {
                ErrorKind::NotFound => {
                    "'procwarden suggest --all' makes such files, but none for check_exposure"
                }
                _ => "give a file that this user may read",
            };
            Error::new(format!("cannot read {shown}: {error}; {right}"))
        },
    )?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(Error::new(format!("{shown} is over 1 MiB, which no list of specs is")));
    }
    Ok(text)
}

/// The lines of a file of specs or selectors with their numbers, from 1. Leaves out empty lines and
/// comments, which begin with `#`.
///
/// # Errors
/// As [`contents_of`].
fn lines_of(path: &Path) -> Result<Vec<(usize, Vec<u8>)>, Error> {
    let text = contents_of(path)?;
    // Some editors begin a file with this mark.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    let lines = lines.map(|(at, line)| (at + 1, line.trim_ascii().to_vec()));
    Ok(lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#")).collect())
}

/// The items read from options and files, and the faults of those that can't be used. One wrong
/// line in a file that many hosts share must not silence the others.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The items that can be used, in order.
    pub items: Vec<T>,
    /// Why the others can't be used. Each is a separate UNKNOWN.
    pub faults: Vec<Error>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), faults: Vec::new() }
    }
}

impl<T> Listed<T> {
    /// Adds an item of the command line.
    ///
    /// # Errors
    /// If it is written wrongly. If only this host lacks what it names, that is a fault.
    pub(crate) fn add_typed(&mut self, item: Result<T, Error>) -> Result<(), Error> {
        match item {
            Ok(item) => self.items.push(item),
            Err(error) if error.is_of_host() => self.faults.push(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Adds the items of a file, each line read by `parse`. A wrong line is a fault, with its
    /// place. Returns the number of lines without comments.
    ///
    /// # Errors
    /// When the file can't be read or is too large to be such a list.
    pub(crate) fn add_file(
        &mut self,
        path: &Path,
        parse: impl Fn(&[u8]) -> Result<T, Error>,
    ) -> Result<usize, Error> {
        self.add_placed(path, |_, line| parse(line))
    }

    /// As [`add_file`](Self::add_file); `parse` is also given the place, `FILE:LINE`.
    pub(crate) fn add_placed(
        &mut self,
        path: &Path,
        parse: impl Fn(&str, &[u8]) -> Result<T, Error>,
    ) -> Result<usize, Error> {
        let shown = escape::path(path);
        let lines = lines_of(path)?;
        let count = lines.len();
        for (number, line) in lines {
            let place = format!("{shown}:{number}");
            match parse(&place, &line) {
                Ok(item) => self.items.push(item),
                Err(error) => self.faults.push(error.at(place)),
            }
        }
        Ok(count)
    }
}

/// Splits a line at ` # `, which begins a comment or a reason. Tabs count as spaces.
pub(crate) fn split_comment(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let is_mark = |part: &[u8]| matches!(part, [b' ' | b'\t', b'#', b' ' | b'\t']);
    let (before, after) = match line.windows(3).position(is_mark) {
        Some(at) => (&line[..at], Some(&line[at + 3..])),
        None => (line, None),
    };
    (before.trim_ascii(), after.map(<[u8]>::trim_ascii))
}
