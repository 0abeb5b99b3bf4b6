//! The synopsis and the options of a command, as parts of its manual page.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use super::roff::{Roff, Span, bold, italic, roman};

/// How the command is called: each option with its value.
pub(super) fn synopsis(command: &Command) -> Vec<Span> {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut spans = vec![bold(name)];
    let arguments = command.get_arguments().filter(|arg| !is_of_every_program(arg));
    let (values, options): (Vec<_>, Vec<_>) = arguments.partition(|arg| arg.is_positional());
    for option in own_first(options) {
        spans.push(roman(" ["));
        spans.extend(flags(option, "|").into_iter().chain(value(option)));
        spans.push(roman("]"));
        if is_repeated(option) {
            spans.push(roman("..."));
        }
    }
    for value in values {
        let (start, end) = if value.is_required_set() { (" ", "") } else { (" [", "]") };
        spans.extend([roman(start), italic(value_name(value)), roman(end)]);
        if is_repeated(value) {
            spans.push(roman("..."));
        }
    }
    spans
}

/// The command's own options, then those below a heading.
fn own_first<'a>(options: impl IntoIterator<Item = &'a Arg>) -> Vec<&'a Arg> {
    let mut options: Vec<_> = options.into_iter().collect();
    options.sort_by_key(|option| option.get_help_heading());
    options
}

/// All options, below their headings. Notes that apply to several options come first.
pub(super) fn options(roff: &mut Roff, command: &Command) {
    if let Some(text) = command.get_after_help() {
        roff.paragraph(&[roman(text.to_string())]);
    }
    let values = command.get_arguments().filter(|arg| arg.is_positional());
    let options = command.get_arguments().filter(|arg| !arg.is_positional());
    let mut last = None;
    for option in values.chain(own_first(options)) {
        if option.get_help_heading() != last {
            last = option.get_help_heading();
            roff.heading(2, last.unwrap_or_default());
        }
        describe(roff, option);
    }
}

fn describe(roff: &mut Roff, option: &Arg) {
    let tag: Vec<_> = if option.is_positional() {
        vec![italic(value_name(option))]
    } else {
        flags(option, ", ").into_iter().chain(value(option)).collect()
    };
    let help = option.get_long_help().or(option.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let mut paragraphs = help.split("\n\n").map(sentence);
    let mut first = paragraphs.next().unwrap_or_default();
    let default =
        option.get_default_values().first().filter(|_| option.get_action().takes_values());
    if let Some(default) = default {
        first += &format!(" The default is {}.", default.to_string_lossy());
    }
    let values = option.get_possible_values();
    let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let are_told = values.iter().any(|value| value.get_help().is_some());
    if !values.is_empty() && !are_told && option.get_action().takes_values() {
        let names: Vec<_> = values.iter().map(|value| value.get_name()).collect();
        first += &format!(" {} is one of {}.", value_name(option), names.join(", "));
    }
    roff.definition(&tag, &[roman(first)]);
    for paragraph in paragraphs {
        roff.control("IP");
        roff.spans(&[roman(paragraph)]);
    }
    if are_told {
        roff.control("RS");
        for value in values {
            describe_value(roff, value);
        }
        roff.control("RE");
    }
}

/// Makes a help text a sentence: with a full stop, and with the default in words.
fn sentence(text: &str) -> String {
    match text.split_once(" [default: ").map(|(text, default)| (text, default.strip_suffix(']'))) {
        Some((text, Some(default))) => format!("{text}. The default is {default}."),
        _ => format!("{}.", text.trim_end_matches('.')),
    }
}

fn describe_value(roff: &mut Roff, value: &PossibleValue) {
    let help = value.get_help().map(ToString::to_string).unwrap_or_default();
    roff.item(&[bold(value.get_name()), roman(": "), roman(help)]);
}

/// `-o|--output`
fn flags(option: &Arg, between: &str) -> Vec<Span> {
    let short = option.get_short().map(|short| bold(format!("-{short}")));
    let long = option.get_long().map(|long| bold(format!("--{long}")));
    match (short, long) {
        (Some(short), Some(long)) => vec![short, roman(between), long],
        (short, long) => short.into_iter().chain(long).collect(),
    }
}

fn value(option: &Arg) -> Vec<Span> {
    if !option.get_action().takes_values() {
        return Vec::new();
    }
    vec![roman(" "), italic(value_name(option))]
}

fn value_name(option: &Arg) -> String {
    let names = option.get_value_names().unwrap_or_default();
    names.first().map_or_else(|| option.get_id().to_string(), ToString::to_string)
}

fn is_repeated(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append | ArgAction::Count)
}

fn is_of_every_program(option: &Arg) -> bool {
    matches!(option.get_id().as_str(), "help" | "version")
}
