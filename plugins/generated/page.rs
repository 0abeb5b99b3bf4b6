//! Renders a manual page from the options and the prose of `man/NAME.md`, in the order of man-pages(7).

use std::fs;
use std::path::PathBuf;

use clap::Command;
use procwarden::select::selector::{KEYS, Kind};
use procwarden::text::number::Unit;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::options;
use super::roff::{Font, Roff, Span, bold, escaped, roman};
use crate::PLUGINS;
use crate::own_name::about;

/// Its first heading with a date is that of the latest release.
const CHANGELOG: &str = include_str!("../../CHANGELOG.md");

/// The sections of man-pages(7) in their order; others follow OPTIONS.
pub(super) const ORDER: [&str; 9] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "SEE ALSO",
];

/// The same for every plugin.
const EXIT_STATUS: &str = "0 is OK, 1 WARNING, 2 CRITICAL, and 3 UNKNOWN, also after a usage error. With --mon, 0 \
     is OK and 1 is anything else. See ";

/// The version and the date of the latest release.
pub(super) fn latest_release() -> (&'static str, &'static str) {
    let headings = CHANGELOG.lines().filter_map(|line| line.strip_prefix("## ["));
    let mut dated = headings.filter_map(|heading| heading.split_once("] - "));
    dated.next().expect("CHANGELOG.md has a heading '## [VERSION] - DATE'")
}

/// The position of a section.
pub(super) fn rank(section: &str) -> usize {
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    // Others stand between OPTIONS and its successor.
    place(section).map_or(7, |place| 2 * place)
}

/// The page NAME(SECTION). `command` has the options, if there are any.
pub(super) fn page(name: &str, section: &str, about: &str, command: Option<&Command>) -> String {
    let mut sections = prose(name);
    let mut push = |title: &str, write: &mut dyn FnMut(&mut Roff)| {
        let mut roff = Roff::default();
        roff.heading(1, title);
        write(&mut roff);
        sections.push((title.to_owned(), roff.into_text()));
    };
    push("NAME", &mut |roff| {
        roff.spans(&[roman(format!("{name} - {about}"))]);
    });
    if let Some(command) = command {
        push("SYNOPSIS", &mut |roff| roff.spans(&options::synopsis(command)));
        push("OPTIONS", &mut |roff| options::options(roff, command));
    }
    if name.starts_with("check_") {
        push("EXIT STATUS", &mut |roff| {
            roff.spans(&[roman(EXIT_STATUS), bold("procwarden"), roman("(8).")]);
        });
    }
    sections.sort_by_key(|(title, _)| rank(title));
    let title = escaped(&name.to_uppercase());
    let (_, date) = latest_release();
    let heading = format!(".TH {title} {section} {date} Procwarden Procwarden\n");
    // The first line requests tbl(1), which formats tables.
    "'\\\" t\n".to_owned()
        + &heading
        + &sections.into_iter().map(|(_, text)| text).collect::<String>()
}

/// The sections of the Markdown file, each with its title.
fn prose(name: &str) -> Vec<(String, String)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.md"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut writer = Writer::default();
    Parser::new(&text).for_each(|event| writer.take(event));
    writer.end_section();
    writer.sections
}

/// Converts Markdown to roff: headings, paragraphs, lists and code. The lines `KEYS` and `PLUGINS`
/// become tables.
#[derive(Default)]
struct Writer {
    sections: Vec<(String, String)>,
    title: String,
    roff: Roff,
    text: Vec<Span>,
    font: Option<Font>,
    in_code: bool,
    in_item: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Strong) => self.font = Some(Font::Bold),
            Event::Start(Tag::Emphasis) => self.font = Some(Font::Italic),
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => self.font = None,
            Event::Start(Tag::CodeBlock(_)) => self.in_code = true,
            Event::End(TagEnd::CodeBlock) => {
                self.in_code = false;
                let code: String = self.text.drain(..).map(|(_, text)| text).collect();
                self.roff.example(&code);
            }
            Event::Start(Tag::Item) => self.in_item = true,
            Event::Text(text) if self.in_code => self.text.push(roman(text.into_string())),
            Event::Text(text) => {
                self.text.push((self.font.unwrap_or(Font::Roman), text.into_string()));
            }
            Event::Code(code) => self.text.push(bold(code.into_string())),
            Event::SoftBreak => self.text.push(roman(" ")),
            Event::End(TagEnd::Heading(level)) => self.heading(level as u8),
            Event::End(TagEnd::Paragraph) if !self.in_item => self.paragraph(),
            Event::End(TagEnd::Item) => {
                self.in_item = false;
                self.roff.item(&std::mem::take(&mut self.text));
            }
            _ => {}
        }
    }

    fn heading(&mut self, level: u8) {
        let title: String = self.text.drain(..).map(|(_, text)| text).collect();
        if level == 1 {
            self.end_section();
            self.title.clone_from(&title);
        }
        self.roff.heading(level, &title);
    }

    fn end_section(&mut self) {
        if !self.title.is_empty() {
            let roff = std::mem::take(&mut self.roff);
            self.sections.push((std::mem::take(&mut self.title), roff.into_text()));
        }
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        match text.as_slice() {
            [(_, one)] if one == "KEYS" => keys(&mut self.roff),
            [(_, one)] if one == "PLUGINS" => plugins(&mut self.roff),
            text => self.roff.paragraph(text),
        }
    }
}

/// A table of all keys.
fn keys(roff: &mut Roff) {
    roff.begin_paragraph();
    roff.control("TS");
    roff.table_line("lb lb lb lb");
    roff.table_line("lb l lw(32n) l.");
    roff.table_line("key\tvalue\tmeaning\tread by");
    for row in KEYS {
        let (key, value) = (escaped(row.name), escaped(value(row.kind)));
        roff.table_line(&format!("{key}\t{value}\tT{{"));
        roff.spans(&[roman(row.meaning)]);
        roff.table_line(&format!("T}}\t{}", escaped(row.readers)));
    }
    roff.control("TE");
}

/// How a key's value is written.
const fn value(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Path | Kind::PidFile => "path",
        Kind::UserName => "user",
        Kind::GroupName => "group",
        Kind::Number(Unit::Count) => "number",
        Kind::Number(Unit::Seconds) => "time",
        Kind::Number(Unit::Percent) => "percent",
        Kind::Number(Unit::Bytes) => "size",
        Kind::Letters => "letters",
        Kind::YesNo => "yes, no",
    }
}

fn plugins(roff: &mut Roff) {
    for plugin in PLUGINS {
        roff.definition(&[bold(plugin.name), roman("(8)")], &[roman(about(plugin))]);
    }
}
