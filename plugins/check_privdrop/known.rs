//! Daemons that keep root by design, and so break rules without doing wrong.
//!
//! Each needs root again and again to do something as one user after another, and drops it for the
//! time between with `seteuid()` and `setegid()`. They come with Debian, and a check that warns of
//! them on every host would soon be read by nobody. They stay in sight: they are counted as exempt in
//! the first line, told with `-v`, and `--strict` judges them like all others.

use super::sparing::Scoped;

/// In the form of a file of exemptions. docs/privdrop-daemons.md shows what they look like. No line
/// asks for `user=`, which would be an error on a machine without that user.
const KNOWN: [&str; 2] = [
    "gid-root,uid-regain,caps,no-new-privs:atd,user~^daemon$ # takes root back to run a job as its owner",
    "gid-root,uid-regain,caps,no-new-privs:local,user~^postfix$,parent=master # takes root back to deliver to a mailbox as its owner",
];

/// All of them.
pub(crate) fn known() -> Vec<Scoped> {
    let read = KNOWN.iter().filter_map(|line| Scoped::from_line(line.as_bytes()).ok());
    read.map(|scoped| Scoped { is_asked_for: false, ..scoped }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_can_be_read_and_have_a_reason() {
        let known = known();
        assert_eq!(known.len(), KNOWN.len());
        for scoped in known {
            assert!(scoped.exemption.to_string().ends_with(')'), "{}", scoped.exemption);
        }
    }
}
