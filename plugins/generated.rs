//! Generates manual pages and shell completions from the options.
//!
//! The files are committed, so that packaging needs no generator. These tests fail if a file is out of
//! date; `UPDATE=1 cargo test --bin procwarden generated` rewrites it.

mod options;
mod page;
mod roff;

use std::fs;
use std::path::PathBuf;

use clap::Command;
use clap_complete::Shell;

use crate::PLUGINS;
use crate::own_name::COMMANDS;

/// Pages without options, which consist of `man/NAME.md` only: name, section, title.
const PROSE_PAGES: [(&str, &str, &str); 3] = [
    ("procwarden", "8", "run the process checks, and make their links"),
    ("procwarden-migration", "7", "from check_procs, ps.monitor and others to Procwarden"),
    ("procwarden-selectors", "7", "which processes are meant, and how many of them are right"),
];

#[test]
fn manual_pages_are_up_to_date() {
    for plugin in PLUGINS {
        option_page(plugin.name, (plugin.command)());
    }
    for command in COMMANDS {
        option_page(&format!("procwarden-{}", command.name), (command.options)());
    }
    for (name, section, about) in PROSE_PAGES {
        let page = page::page(name, section, about, None);
        compare(&format!("man/{name}.{section}"), page.as_bytes());
    }
}

fn option_page(name: &str, mut command: Command) {
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let page = page::page(name, "8", &about, Some(&command));
    compare(&format!("man/{name}.8"), page.as_bytes());
}

#[test]
fn changelog_names_this_version() {
    assert_eq!(page::latest_release().0, env!("CARGO_PKG_VERSION"));
}

#[test]
fn completions_are_up_to_date() {
    for plugin in PLUGINS {
        let (name, command) = (plugin.name, plugin.command);
        complete(Shell::Bash, &format!("completions/bash/{name}"), name, command());
        complete(Shell::Zsh, &format!("completions/zsh/_{name}"), name, command());
        complete(Shell::Fish, &format!("completions/fish/{name}.fish"), name, command());
    }
    // In its own place: the Makefile and the tests take the list of plugins from the directories.
    complete(Shell::Bash, "completions/procwarden.bash", "procwarden", procwarden());
    complete(Shell::Zsh, "completions/_procwarden", "procwarden", procwarden());
    complete(Shell::Fish, "completions/procwarden.fish", "procwarden", procwarden());
}

fn complete(shell: Shell, file: &str, name: &str, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    compare(file, &script);
}

/// `procwarden` with its commands and plugins.
fn procwarden() -> Command {
    let commands = COMMANDS.map(|command| (command.options)().name(command.name));
    let plugins = PLUGINS.iter().map(|plugin| (plugin.command)().name(plugin.name));
    let program = Command::new("procwarden").version(env!("CARGO_PKG_VERSION"));
    program.disable_help_subcommand(true).subcommands(commands).subcommands(plugins)
}

/// Fails if a file is out of date; rewrites it if UPDATE is set.
fn compare(file: &str, wanted: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{file} is out of date; run: UPDATE=1 cargo test --bin procwarden generated"
    );
}
