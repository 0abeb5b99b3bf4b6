//! Text that may be no UTF-8.

/// Whether `part` stands somewhere in `text`. An empty part stands nowhere.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}
