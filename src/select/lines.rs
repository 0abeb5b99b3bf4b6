//! Files of specs or selectors: one a line, with comments.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::text::error::Error;
use crate::text::escape;

/// A file of specs or selectors larger than this is a mistake.
const LARGEST_FILE: u64 = 1 << 20;

/// What a file of specs or selectors holds.
///
/// # Errors
/// When the file can't be read or is too large to be one.
pub(crate) fn contents_of(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = escape::path(path);
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut text)).map_err(
        |error| {
            let right = "give a file that this user may read";
            Error::new(format!("cannot read {shown}: {error}; {right}"))
        },
    )?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(Error::new(format!("{shown} is over 1 MiB, which no list of specs is")));
    }
    Ok(text)
}

/// The lines of a file of specs or selectors that say something, with their numbers from 1; a `#`
/// at the beginning of a line makes it a comment.
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

/// The lines of a file that say something, each read by `parse`.
///
/// # Errors
/// When the file can't be read or is too large to be such a list; a wrong line is told with file
/// and number.
pub fn parsed_lines<T>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let shown = escape::path(path);
    let place = |number| format!("{shown}:{number}");
    let lines = lines_of(path)?.into_iter();
    lines.map(|(number, line)| parse(&line).map_err(|error| error.at(place(number)))).collect()
}

/// What stands before and after ` # `, where a comment or a reason begins; tabs look like spaces.
pub(crate) fn split_comment(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let is_mark = |part: &[u8]| matches!(part, [b' ' | b'\t', b'#', b' ' | b'\t']);
    let (before, after) = match line.windows(3).position(is_mark) {
        Some(at) => (&line[..at], Some(&line[at + 3..])),
        None => (line, None),
    };
    (before.trim_ascii(), after.map(<[u8]>::trim_ascii))
}
