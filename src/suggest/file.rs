//! Renders the file of specs: the lines, what they are for, and what is left out.
//!
//! Text from processes appears only as a plain word (see `names.rs`) or escaped in a comment.

use super::line::Line;
use super::suggestion::Suggestion;
use crate::text::escape;
use crate::text::list::listed;

/// Where our command definitions expect the specs of `check_proccount`.
pub const DAEMONS: &str = "/etc/procwarden/daemons";

/// Longest list of units left out for one reason, in bytes.
const LONGEST: usize = 160;

/// Where a file was made, and by whom.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `host web1`, or `the recorded tree /tmp/x`.
    pub host: String,
    /// The user who ran the command.
    pub user: String,
    /// Where the file will be.
    pub place: String,
}

/// The text of the file.
pub fn text(suggestion: &Suggestion, origin: &Origin) -> String {
    let mut text = heading(suggestion, origin);
    let own: Vec<_> = suggestion.daemons.iter().flatten().cloned().collect();
    push_titled(&mut text, "Daemons and their workers", &own, |line| line.doubt.is_none());
    let title = "No other user should run these";
    push_titled(&mut text, title, &suggestion.impostors, |line| line.doubt.is_none());
    let all: Vec<_> = suggestion.lines().cloned().collect();
    let title = "Not sure; take the # away if you agree";
    push_titled(&mut text, title, &all, |line| line.doubt.is_some());
    push_rest(&mut text, suggestion);
    text
}

fn heading(suggestion: &Suggestion, origin: &Origin) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Origin { host, user, place } = origin;
    let mut text = format!(
        "# What should run on {host}, as procwarden {version} suggests it.  Yours to edit.\n\
         # Check it:    check_proccount --specs-from {place} --recheck 5\n\
         # Compare it:  procwarden suggest --compare {place}\n\
         # Never suggest NAME again: a line that reads \"#-NAME # reason\".\n\
         # Made as {user}; {}.\n",
        suggestion.asked
    );
    for unseen in &suggestion.unseen {
        text.push_str(&format!("# NOT SEEN: {unseen}\n"));
    }
    text
}

fn push_titled(text: &mut String, title: &str, lines: &[Line], which: impl Fn(&&Line) -> bool) {
    let mut lines = lines.iter().filter(|line| which(line)).peekable();
    if lines.peek().is_some() {
        text.push_str(&format!("\n# {title}:\n"));
        for line in lines {
            text.push_str(&line.text());
            text.push('\n');
        }
    }
}

fn push_rest(text: &mut String, suggestion: &Suggestion) {
    if !suggestion.missing.is_empty() {
        text.push_str("\n# Should run but does not, and so is not in this file:\n");
        for (unit, state) in &suggestion.missing {
            let (unit, state) = (escape::text(unit.as_bytes()), escape::text(state.as_bytes()));
            text.push_str(&format!("#   {unit}: {state}\n"));
        }
    }
    if suggestion.left_out.is_empty() {
        return;
    }
    text.push_str("\n# Left out, and why:\n");
    for (why, what) in &suggestion.left_out {
        let what: Vec<_> = what.iter().map(|(what, count)| one_left_out(what, *count)).collect();
        let why = escape::text(why.as_bytes());
        text.push_str(&format!("#   {why}: {}\n", listed(&what, LONGEST)));
    }
}

fn one_left_out(what: &str, count: usize) -> String {
    if count == 1 { what.to_owned() } else { format!("{what} ({count})") }
}
