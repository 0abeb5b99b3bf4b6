//! Smack: a label is one word, such as `_` (the floor, of system processes) or `User`.
//!
//! It always enforces. Only a development kernel (`CONFIG_SECURITY_SMACK_BRINGUP`) can have a label to
//! which nothing is refused.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::system::{
    Enforcement, Label, SecuritySystem, kernel_file, knows_file_system, own_label,
};
use crate::kernel::file::File;
use crate::text::escape;

/// Holds the label to which nothing is refused, ended by a NUL, or nothing
/// (security/smack/smackfs.c, `smk_read_unconfined`).
const UNCONFINED: &str = "/sys/fs/smackfs/unconfined";

/// Smack.
#[derive(Debug)]
pub(super) struct Smack;

impl SecuritySystem for Smack {
    fn name(&self) -> &'static str {
        "smack"
    }

    fn title(&self) -> &'static str {
        "Smack"
    }

    fn answers(&self, tree: BorrowedFd<'_>) -> bool {
        // Only an active Smack registers it (`init_smk_fs`).
        knows_file_system(tree, "smackfs") || own_label(tree, File::SmackLabel).is_ok()
    }

    fn own_file(&self) -> Option<File> {
        Some(File::SmackLabel)
    }

    fn wrote(&self, raw: &[u8]) -> bool {
        // One word of at most 255 bytes (security/smack/smack.h, `SMK_LONGLABEL`).
        !raw.is_empty() && raw.len() < 256 && raw.iter().all(u8::is_ascii_graphic)
    }

    fn label<'l>(&self, raw: &'l [u8]) -> Label<'l> {
        let context = raw.trim_ascii_end();
        Label { context, domain: context, ..Label::default() }
    }

    fn enforcement(&self) -> Enforcement {
        match unconfined() {
            Some(label) => Enforcement::Lacking(format!(
                "Smack refuses nothing to the label {}",
                escape::bounded(&label, 80)
            )),
            None => Enforcement::Full,
        }
    }

    fn is_permissive(&self, label: &Label<'_>) -> Result<bool, Errno> {
        Ok(unconfined().is_some_and(|unconfined| unconfined == label.context))
    }

    fn remedy(&self) -> String {
        "a Smack rule must let the plugin's label read (r) the labels of others".into()
    }
}

/// The label to which nothing is refused, if there is one.
fn unconfined() -> Option<Vec<u8>> {
    let mut label = kernel_file(UNCONFINED).ok()?;
    label.retain(u8::is_ascii_graphic);
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_word() {
        let label = Smack.label(b"_");
        assert_eq!((label.context, label.domain), (&b"_"[..], &b"_"[..]));
        assert_eq!((label.mode, label.role), (None, None));
    }
}
