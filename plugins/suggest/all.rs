//! `--all`: writes the file of daemons and the other files for checks of this host.

use std::path::Path;

use procwarden::proc::root::ProcRoot;
use procwarden::suggest::suggestion::Suggestion;
use procwarden::suggest::{busy, domains};
use procwarden::text::error::Error;
use procwarden::text::escape;

use super::write;
use crate::check_privdrop;

/// The text of a file without exemptions.
const NO_LINE: &str = "# Nothing here needs an exemption now.";

/// Creates `daemons` with this text in `dir`, and `cpu`, `privdrop` and `domains`; a file that exists is
/// kept. Returns what became of each.
///
/// An exemption file without any exemption is of use: checks that name it work, and it can be edited.
/// A file of specs without any spec is an error, so `domains` needs a line.
pub(super) fn create(
    dir: &Path,
    daemons: &str,
    root: &ProcRoot,
    suggestion: &Suggestion,
) -> Result<String, Error> {
    let put_lines = |name: &str, check: &str, lines: &[String]| {
        let path = escape::path(&dir.join(name));
        let lines = if lines.is_empty() { NO_LINE.to_owned() } else { lines.join("\n") };
        let heading = "# Suggested by procwarden suggest.  Yours to edit.\n# Check it:";
        put(dir, name, &format!("{heading}  {check} {path}\n\n{lines}\n"))
    };
    let mut said = put(dir, "daemons", daemons)?;
    let busy = busy::exemptions(root, suggestion)?;
    said += &put_lines("cpu", "check_proccpu --exempt-from", &busy)?;
    let kept = check_privdrop::exemptions(root)?;
    said += &put_lines("privdrop", "check_privdrop --exempt-from", &kept)?;
    let domains = domains::specs(root, suggestion);
    if domains.iter().all(|line| line.starts_with('#')) {
        said += "no domains: no daemon here is confined by SELinux, AppArmor or Smack\n";
    } else {
        said += &put_lines("domains", "check_selinux_domain --specs-from", &domains)?;
    }
    Ok(said)
}

/// Creates a file, if there is none.
fn put(dir: &Path, name: &str, text: &str) -> Result<String, Error> {
    let path = dir.join(name);
    let shown = escape::path(&path);
    if write::is_there(&path) {
        return Ok(format!("kept {shown}, which is there already\n"));
    }
    write::create(&path, text)?;
    Ok(format!("made {shown}\n"))
}
