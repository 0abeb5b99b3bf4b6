//! Renders `-h` and `--help`.
//!
//! `-h` fits on a screen: one line for each option in daily use, the first paragraph of its help.
//! `--help` has everything, then the grammar of specs, examples, and the manual pages.

use std::ffi::OsString;

use clap::Command;

use crate::select::selector::KEYS;

/// Width of a terminal, in characters.
const WIDTH: usize = 80;

/// The grammar of specs.
const GRAMMAR: &str = "\
A SPEC says which processes are meant, and how many of them are right:
  SPEC      SELECTOR, or SELECTOR:CRIT, or SELECTOR:WARN:CRIT    nginx:2-9:1-20
  SELECTOR  TERM,TERM,...  all must hold; of one key twice, either
  TERM      KEY=VALUE, KEY~REGEX, not-KEY=VALUE; first, a bare name, or a path
  VALUE     of a number N, MIN-, -MAX or MIN-MAX, with k M G, s m h d or %
  WARN,CRIT N, MIN-, MIN-MAX, or any, which never alerts; without a range: 1-
  measures  sum=KEY, max=KEY or min=KEY, in place of the number of processes
  each=KEY  judges each user, ruser, group, name, unit or ppid by itself
  lasting=yes counts only what fits at every look; it needs --recheck
  label=TEXT names the SPEC; a comma in a value is written twice
Keys:
";

/// The help of `command` that `arguments` ask for.
pub(crate) fn answer(command: Command, arguments: &[OsString]) -> String {
    let asked = with_grammar(command).term_width(WIDTH).try_get_matches_from(arguments);
    asked.err().map(|error| error.render().to_string()).unwrap_or_default()
}

fn with_grammar(command: Command) -> Command {
    let takes_specs = command.get_arguments().any(|argument| argument.get_id() == "specs");
    let mut after = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    if takes_specs {
        after += &format!("{GRAMMAR}{}\n", keys());
    }
    if let Some(examples) = command.get_after_long_help() {
        after += &format!("Examples:\n{examples}\n\n");
    }
    let name = command.get_name();
    after += &format!("Manual pages: {name}(8), procwarden-selectors(7), procwarden(8)");
    command.after_long_help(after)
}

/// All keys, on indented lines.
fn keys() -> String {
    let (mut text, mut line) = (String::new(), String::from(" "));
    for name in KEYS.iter().map(|row| row.name) {
        if line.len() + 1 + name.len() > WIDTH {
            text += &format!("{line}\n");
            line = String::from(" ");
        }
        line += &format!(" {name}");
    }
    text + &line + "\n"
}
