//! `--all`: writes the file of daemons, and the other files that checks of this host read.

use std::path::Path;

use procwarden::proc::root::ProcRoot;
use procwarden::suggest::suggestion::Suggestion;
use procwarden::suggest::{busy, domains};
use procwarden::text::error::Error;
use procwarden::text::escape;

use super::write;
use crate::check_privdrop;

/// Creates `daemons` with this text in `dir`, and `cpu`, `privdrop` and `domains` if they have a
/// line. Returns what was made. Makes nothing if one of them exists.
pub(super) fn create(
    dir: &Path,
    daemons: String,
    root: &ProcRoot,
    suggestion: &Suggestion,
) -> Result<String, Error> {
    let mut files = vec![("daemons", daemons)];
    let mut push = |name: &'static str, check: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let path = escape::path(&dir.join(name));
            let lines = lines.join("\n");
            files.push((name, format!("# Suggested by procwarden suggest.  Yours to edit.\n# Check it:  {check} {path}\n\n{lines}\n")));
        }
    };
    push("cpu", "check_proccpu --exempt-from", busy::exemptions(root, suggestion)?);
    push("privdrop", "check_privdrop --exempt-from", check_privdrop::exemptions(root)?);
    push("domains", "check_selinux_domain --specs-from", domains::specs(root, suggestion));
    for (name, _) in &files {
        write::must_be_free(&dir.join(name))?;
    }
    let mut made = String::new();
    for (name, text) in &files {
        let path = dir.join(name);
        write::create(&path, text)?;
        made.push_str(&format!("made {}\n", escape::path(&path)));
    }
    Ok(made)
}
