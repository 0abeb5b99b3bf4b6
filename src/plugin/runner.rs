//! Runs one plugin from its arguments to its exit code, and lets nothing end it in another way.
//!
//! Whatever goes wrong, a usage error, a panic, a hang, a full disk, ends as UNKNOWN on stdout with
//! exit code 3 (under `--mon`, 1), never as silence and never as OK.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use clap::{ArgMatches, Command, error::ErrorKind};

use crate::host::progress::{self, Stage};
use crate::nagios::report::{Finding, Report};
use crate::nagios::state::State;
use crate::plugin::check_procs;
use crate::plugin::watchdog;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number;

/// A plugin, in its own words.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// The name it is called by.
    pub name: &'static str,
    /// Its name in the status line.
    pub title: &'static str,
    /// Its options.
    pub command: fn() -> Command,
    /// What it does with them.
    pub run: fn(&ArgMatches) -> Result<Report, Error>,
}

/// How to report: what `--mon` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Nagios,
    Mon,
}

impl Form {
    const fn exit_code(self, state: State) -> u8 {
        match (self, state) {
            (_, State::Ok) => 0,
            (Self::Mon, _) | (Self::Nagios, State::Warning) => 1,
            (Self::Nagios, State::Critical) => 2,
            (Self::Nagios, State::Unknown) => 3,
        }
    }

    fn text(self, report: &Report) -> String {
        match self {
            Self::Nagios => report.nagios(),
            Self::Mon => report.mon(),
        }
    }
}

/// What is printed, and the exit code.
struct Output {
    text: String,
    code: u8,
}

/// Runs `plugin` on `arguments`, without the program's name, and returns its exit code. `mon` is
/// whether it was called by a name that implies `--mon`.
pub fn run(plugin: Plugin, mut arguments: Vec<OsString>, mon: bool) -> u8 {
    // The message would go to stderr, which some schedulers take for the status line.
    panic::set_hook(Box::new(|_| {}));
    let is_typed = arguments.iter().any(|argument| argument == "--mon");
    if mon && !is_typed {
        arguments.insert(0, "--mon".into());
    }
    let form = if mon || is_typed { Form::Mon } else { Form::Nagios };
    let output = panic::catch_unwind(AssertUnwindSafe(|| output(plugin, arguments, form)))
        .unwrap_or_else(|panic| unknown(plugin.title, form, &panic_text(panic.as_ref())));
    progress::enter(Stage::Reporting);
    // Held until the process ends: there is one verdict.
    let _claim = watchdog::claim_verdict();
    print(form, &output)
}

/// Ends a program that was called by no plugin's name, in the way of one.
pub fn refuse(title: &'static str, error: &Error, mon: bool) -> u8 {
    let form = if mon { Form::Mon } else { Form::Nagios };
    print(form, &unknown(title, form, &error.to_string()))
}

fn output(plugin: Plugin, arguments: Vec<OsString>, form: Form) -> Output {
    let name = OsString::from(plugin.name);
    let command = (plugin.command)().term_width(80);
    let takes_specs = command.get_arguments().any(|argument| argument.get_id() == "specs");
    let foreign = takes_specs.then(|| check_procs::as_spec(&arguments)).flatten();
    let matches = match command.try_get_matches_from(std::iter::once(name).chain(arguments)) {
        Ok(matches) => matches,
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            return Output { text: error.render().to_string(), code: 3 };
        }
        Err(error) => {
            let foreign = foreign.filter(|_| error.kind() == ErrorKind::UnknownArgument);
            let hint = foreign.map(|spec| format!("; as a spec it is {spec}")).unwrap_or_default();
            return unknown(plugin.title, form, &(usage_text(&error) + &hint));
        }
    };
    let limit = matches.get_one::<Duration>("timeout").copied().unwrap_or(Duration::from_secs(10));
    let on_timeout = move |doing: Option<String>| end_on_time(plugin.title, form, limit, doing);
    if let Err(error) = watchdog::start(limit, on_timeout) {
        return unknown(plugin.title, form, &format!("cannot start the watchdog thread: {error}"));
    }
    match (plugin.run)(&matches) {
        Ok(report) => Output { text: form.text(&report), code: form.exit_code(report.state()) },
        Err(error) => unknown(plugin.title, form, &error.to_string()),
    }
}

fn unknown(title: &'static str, form: Form, text: &str) -> Output {
    let finding = Finding { state: State::Unknown, text: text.into() };
    let report = Report { title, findings: vec![finding], ..Report::default() };
    Output { text: form.text(&report), code: form.exit_code(State::Unknown) }
}

/// Writes the output; one that did not get out is no verdict.
fn print(form: Form, output: &Output) -> u8 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(output.text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => output.code,
        Err(_) => form.exit_code(State::Unknown),
    }
}

/// Called on the watchdog's thread. The main one hangs, so that the process ends here.
#[allow(clippy::exit, reason = "nothing else ends a process whose main thread hangs")]
fn end_on_time(title: &'static str, form: Form, limit: Duration, doing: Option<String>) {
    if let Some(doing) = doing {
        let seconds = number::seconds(limit);
        print(form, &unknown(title, form, &format!("timed out after {seconds} s while {doing}")));
    }
    std::process::exit(form.exit_code(State::Unknown).into());
}

/// What clap says, on one line and without its usage text.
fn usage_text(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage").next().unwrap_or(&text);
    let said = said.split("\n\nFor more").next().unwrap_or(said).replace("\n\n", "; ");
    // clap's tip for what it does not know is to take it for a spec, which helps nobody.
    let said = said.split("  tip: to pass").next().unwrap_or(&said).trim_end_matches([' ', ';']);
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let said = if is_unknown { format!("{said}; --help tells all options") } else { said.into() };
    let words: Vec<_> = said.trim_start_matches("error: ").split_whitespace().collect();
    escape::bounded(words.join(" ").as_bytes(), 400)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    format!("internal error, please report it: {}", escape::bounded(text.as_bytes(), 300))
}
