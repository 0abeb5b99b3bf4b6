//! The word that a wrong one is likely to mean.

/// The name nearest to `word`, if no more than a third of its letters differ.
pub(crate) fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.trim().to_lowercase();
    let distance = |name: &&str| strsim::osa_distance(&word, name);
    names.min_by_key(distance).filter(|name| distance(name) <= name.len() / 3)
}
