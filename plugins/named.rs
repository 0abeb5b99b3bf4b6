//! Checks that every file that must name each plugin does so, and names no others.
//!
//! Packages, links and most lists are derived from the table in `main.rs`. This is about the rest: text
//! written by hand, such as a scheduler's definitions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::PLUGINS;

/// A file or directory, and the text that it must contain for each plugin. `NAME` is the plugin's name
/// without `check_`. `…` is anything on the same line.
const PLACES: [(&str, &str); 25] = [
    ("README.md", "| `check_NAME` | "),
    ("README.md", "\ncheck_NAME "),
    ("CHANGELOG.md", "- `check_NAME` "),
    ("CONTRIBUTING.md", "| `check_NAME` | "),
    ("Cargo.toml", "check_NAME:"),
    ("man/check_NAME.md", "# SEE ALSO"),
    ("man", "check_NAME.md"),
    ("man", "check_NAME.8"),
    ("completions/bash", "check_NAME"),
    ("completions/zsh", "_check_NAME"),
    ("completions/fish", "check_NAME.fish"),
    ("packaging/icinga2/procwarden.conf", "object CheckCommand \"NAME\""),
    ("packaging/icinga2/procwarden.conf", "PluginContribDir + \"/check_NAME\""),
    ("packaging/icinga2/procwarden-services.conf", "check_command = \"NAME\""),
    ("packaging/icinga2/procwarden-basket.json", "\"PluginContribDir + /check_NAME\""),
    ("packaging/nagios/procwarden.cfg", "command_name    check_NAME\n"),
    ("packaging/nagios/procwarden.cfg", "$USER1$/check_NAME $ARG1$"),
    ("packaging/nagios/procwarden-services.cfg", "check_command           check_NAME!"),
    ("packaging/nrpe/procwarden.cfg", "\ncommand[…]=/usr/lib/nagios/plugins/check_NAME "),
    ("packaging/nrpe/procwarden.cfg", "\n#command[…]=/usr/lib/nagios/plugins/check_NAME $ARG1$"),
    ("packaging/mon/mon.cf", "monitor check_NAME.monitor "),
    ("tests/NAME.rs", "check_NAME"),
    ("tests/vm/cases/apparmor/20-confined.sh", "' check_NAME "),
    ("tests/vm/debian/nrpe.sh", "/check_NAME"),
    ("benches/bench.py", "{bin}/check_NAME\""),
];

/// Commands in those places that only look like our plugins.
const OTHERS: [&str; 4] = ["nrpe", "by_ssh", "procwarden_nrpe", "procwarden_ssh"];

/// Files that name every plugin but need no update by hand: the table itself, generated files, and the
/// page of a command that writes files for some plugins.
const WRITTEN: [&str; 8] = [
    "plugins/main.rs",
    "completions/procwarden.bash",
    "completions/procwarden.fish",
    "completions/_procwarden",
    "man/procwarden.8",
    "man/procwarden-suggest.8",
    "man/procwarden-suggest.md",
    "docs/benchmark.md",
];

#[test]
fn every_place_names_every_plugin_and_no_other() {
    let plugins = PLUGINS.map(|plugin| short(plugin.name).to_owned()).into();
    let mut wrong = String::new();
    for (path, words) in PLACES {
        let named = named(path, words, &plugins);
        for name in plugins.difference(&named) {
            let (path, words) = (path.replace("NAME", name), words.replace("NAME", name));
            wrong += &format!("\n{path} lacks check_{name}; add '{}'", words.replace('\n', "\\n"));
        }
        for name in named.difference(&plugins).filter(|name| !OTHERS.contains(&name.as_str())) {
            wrong += &format!("\n{path} names check_{name}, which is no plugin; remove it");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// If this fails, somebody added another list of plugins. Better derive it: shell scripts and tests can
/// list `completions/bash`.
#[test]
fn no_other_file_names_all_plugins() {
    let mut files = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), &mut files);
    assert!(files.len() > 100, "{files:?}");
    for file in files {
        let path = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap();
        let is_known = WRITTEN.contains(&path) || PLACES.iter().any(|(place, _)| *place == path);
        let text = fs::read_to_string(&file).unwrap_or_default();
        let names_all = PLUGINS.iter().all(|plugin| text.contains(plugin.name));
        assert!(
            is_known || !names_all,
            "{path} names all plugins: derive that, or put it into PLACES"
        );
    }
}

#[test]
fn contributing_has_every_place_in_its_recipe() {
    let text = text("CONTRIBUTING.md");
    let recipe = text.split("\n## ").find(|part| part.starts_with("Adding a plugin\n")).unwrap();
    for (path, _) in PLACES {
        let path = path.replace("NAME", "x");
        assert!(recipe.contains(&format!("`{path}")), "the recipe in CONTRIBUTING.md lacks {path}");
    }
}

#[test]
fn contributing_names_files_that_are_there() {
    let text = text("CONTRIBUTING.md");
    let paths = Regex::new(r"`((?:src|plugins|tests|packaging|docs|benches)/[\w./-]*)`").unwrap();
    for (_, [path]) in paths.captures_iter(&text).map(|found| found.extract()) {
        let is_example = path.contains("/x.") || path.contains("/check_x");
        let is_there = Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists();
        assert!(is_example || is_there, "CONTRIBUTING.md: there is no {path}");
    }
}

/// The plugins that a place names. If each has a file of its own, those whose file contains the text.
fn named(path: &str, words: &str, plugins: &BTreeSet<String>) -> BTreeSet<String> {
    if path.contains("NAME") {
        let fill = |pattern: &str, name: &String| pattern.replace("NAME", name);
        let has = |name: &&String| text(&fill(path, name)).contains(&fill(words, name));
        return plugins.iter().filter(has).cloned().collect();
    }
    let pattern = regex::escape(words).replace("NAME", r"(\w+)").replace('…', ".*");
    let found = Regex::new(&pattern).unwrap();
    found.captures_iter(&text(path)).map(|found| found[1].to_owned()).collect()
}

/// A file's text, or the names in a directory. Empty if there is neither.
fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(entries) = fs::read_dir(&path) else {
        return fs::read_to_string(path).unwrap_or_default();
    };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap() + "\n").collect()
}

/// The files below a directory, except hidden ones and build output.
fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name == "target" || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

fn short(plugin: &str) -> &str {
    plugin.strip_prefix("check_").unwrap()
}
