//! Runs `procwarden` called by its own name: its commands, and a short help.

use std::ffi::{OsStr, OsString};

use procwarden::plugin::outlet;
use procwarden::plugin::runner::{self, Plugin};
use procwarden::text::error::Error;
use procwarden::text::escape;

use crate::drop_in::DROP_INS;
use crate::person::{self, Act};
use crate::{PLUGINS, explain, link, suggest};

/// A command. It is for people, not for schedulers.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// Its options, for help, manual page and completions.
    pub(crate) options: fn() -> clap::Command,
    /// Runs it and returns the exit code.
    run: fn(&[OsString]) -> u8,
}

/// All commands.
pub(crate) const COMMANDS: [Command; 3] = [
    Command::of::<suggest::Options>("suggest"),
    Command::of::<explain::Options>("explain"),
    Command::of::<link::Options>("link"),
];

impl Command {
    const fn of<O: Act>(name: &'static str) -> Self {
        Self { name, options: person::command::<O>, run: person::run::<O> }
    }
}

/// Runs the program under a name that is not a plugin's.
pub(crate) fn run(name: &OsStr, arguments: &[OsString]) -> u8 {
    match name.to_str() {
        Some("-h" | "--help" | "help") => return help(),
        Some("-V" | "--version") => {
            return print(concat!("procwarden ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        _ => {}
    }
    if let Some(command) = COMMANDS.iter().find(|command| name == command.name) {
        return (command.run)(arguments);
    }
    let error = format!(
        "'{}' is neither a plugin nor a command; commands are {}; plugins are {}",
        escape::bounded(name.as_encoded_bytes(), 100),
        COMMANDS.map(|command| command.name).join(", "),
        PLUGINS.map(|plugin| plugin.name).join(", ")
    );
    runner::refuse("PROCWARDEN", &Error::new(error), false)
}

/// Prints the help: commands and plugins.
pub(crate) fn help() -> u8 {
    let mut text = format!(
        "procwarden {}: checks of the processes of a Linux host\n\n\
         Usage: procwarden PLUGIN [OPTION...]   or call it by a link named PLUGIN\n\
         \x20      procwarden COMMAND [OPTION...]\n\n\
         Plugins, for a scheduler:\n",
        env!("CARGO_PKG_VERSION")
    );
    let row = |name: &str, about: &str| format!("  {name:<22}{about}\n");
    text.extend(PLUGINS.map(|plugin| row(plugin.name, &about(plugin))));
    text.push_str("\nCommands, for you:\n");
    text.extend(COMMANDS.map(|command| row(command.name, &about_of(&(command.options)()))));
    let names = DROP_INS.map(|drop_in| drop_in.name).join(", ");
    text.push_str(&format!("\nIt stands in for {names}:\nsee procwarden-migration(7).\n"));
    text.push_str("\nEach plugin and each command has --help and a manual page.\n");
    print(&text)
}

/// What a plugin does, in one line.
pub(crate) fn about(plugin: Plugin) -> String {
    about_of(&(plugin.command)())
}

fn about_of(command: &clap::Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// Prints `text` for a person.
fn print(text: &str) -> u8 {
    outlet::print(text);
    3
}
