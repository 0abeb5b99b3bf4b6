//! Generates manual pages and shell completions from the options.
//!
//! The files are committed, so that packaging needs no generator. These tests fail if a file is out of
//! date; `UPDATE=1 cargo test generated` rewrites it.

use std::fs;
use std::path::PathBuf;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use procwarden::select::selector::KEYS;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::PLUGINS;
use crate::own_name::{COMMANDS, about};

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
        let mut page = Roff::new();
        page.control("TH", [name, section, "", "Procwarden", "Procwarden"]);
        page.control("SH", ["NAME"]).text([roman(format!("{name} - {about}"))]);
        let mut bytes = page.to_roff().into_bytes();
        prose(name).to_writer(&mut bytes).unwrap();
        compare(&format!("man/{name}.{section}"), &bytes);
    }
}

/// The page of a command: its options, and then the Markdown file `man/NAME.md`.
fn option_page(name: &str, command: Command) {
    let mut page = Vec::new();
    let man = Man::new(command.version(env!("CARGO_PKG_VERSION")))
        .section("8")
        .date("")
        .source("Procwarden")
        .manual("Procwarden");
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    prose(name).to_writer(&mut page).unwrap();
    compare(&format!("man/{name}.8"), &page);
}

#[test]
fn completions_are_up_to_date() {
    for plugin in PLUGINS {
        let (name, command) = (plugin.name, plugin.command);
        complete(Shell::Bash, &format!("completions/bash/{name}"), name, command());
        complete(Shell::Zsh, &format!("completions/zsh/_{name}"), name, command());
        complete(Shell::Fish, &format!("completions/fish/{name}.fish"), name, command());
    }
    // Not beside those: the Makefile and the tests take the list of plugins from these directories.
    complete(Shell::Bash, "completions/procwarden.bash", "procwarden", procwarden());
    complete(Shell::Zsh, "completions/_procwarden", "procwarden", procwarden());
    complete(Shell::Fish, "completions/procwarden.fish", "procwarden", procwarden());
}

fn complete(shell: Shell, file: &str, name: &str, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    compare(file, &script);
}

/// `procwarden` with its commands; the plugins have names of their own.
fn procwarden() -> Command {
    let commands = COMMANDS.map(|command| (command.options)().name(command.name));
    Command::new("procwarden").disable_help_subcommand(true).subcommands(commands)
}

/// Fails if a file is out of date; rewrites it if UPDATE is set.
fn compare(file: &str, wanted: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(found == wanted, "{file} is out of date; run: UPDATE=1 cargo test generated");
}

/// Converts the Markdown of a page to roff: headings, paragraphs, lists and code. The lines `KEYS` and
/// `PLUGINS` become tables.
fn prose(name: &str) -> Roff {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.md"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut writer = Writer::default();
    for event in Parser::new(&text) {
        writer.take(event);
    }
    writer.roff
}

#[derive(Default)]
struct Writer {
    roff: Roff,
    text: Vec<clap_mangen::roff::Inline>,
    is_bold: bool,
    is_italic: bool,
    in_code: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Strong) => self.is_bold = true,
            Event::End(TagEnd::Strong) => self.is_bold = false,
            Event::Start(Tag::Emphasis) => self.is_italic = true,
            Event::End(TagEnd::Emphasis) => self.is_italic = false,
            Event::Start(Tag::CodeBlock(_)) => self.in_code = true,
            Event::End(TagEnd::CodeBlock) => self.in_code = false,
            Event::Start(Tag::Item) => {
                self.flush(None);
                self.roff.control("IP", ["\\(bu", "2"]);
            }
            Event::Text(text) if self.in_code => self.code_block(&text),
            Event::Text(text) if self.is_bold => self.text.push(bold(text.into_string())),
            Event::Text(text) if self.is_italic => self.text.push(italic(text.into_string())),
            Event::Text(text) => self.text.push(roman(text.into_string())),
            Event::Code(code) => self.text.push(bold(code.into_string())),
            Event::SoftBreak => self.text.push(roman(" ")),
            Event::End(TagEnd::Heading(level)) => {
                self.flush(Some(if level as u8 == 1 { "SH" } else { "SS" }));
            }
            Event::End(TagEnd::Paragraph) => self.paragraph(),
            Event::End(TagEnd::Item) => self.flush(None),
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        match self.text.as_slice() {
            [one] if *one == roman("KEYS") => self.keys(),
            [one] if *one == roman("PLUGINS") => self.plugins(),
            _ => self.flush(None),
        }
        self.roff.control("PP", []);
    }

    fn keys(&mut self) {
        self.text.clear();
        for row in KEYS {
            self.roff.control("TP", ["12"]).text([bold(row.name)]);
            let text = format!("{} (readable by: {})", row.meaning, row.readers);
            self.roff.text([roman(text)]);
        }
    }

    fn plugins(&mut self) {
        self.text.clear();
        for plugin in PLUGINS {
            self.roff.control("TP", ["27"]).text([bold(plugin.name), roman("(8)")]);
            self.roff.text([roman(about(plugin))]);
        }
    }

    fn code_block(&mut self, text: &str) {
        self.roff.control("RS", ["4"]).control("nf", []);
        for line in text.lines() {
            self.roff.text([roman(line)]);
        }
        self.roff.control("fi", []).control("RE", []).control("PP", []);
    }

    /// Writes the text so far, as a heading or as a paragraph.
    fn flush(&mut self, heading: Option<&str>) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        if let Some(heading) = heading {
            self.roff.control(heading, []);
        }
        self.roff.text(text);
    }
}
