//! Runs one plugin from its arguments to its exit code.
//!
//! Every failure (usage error, panic, hang, full disk) ends as UNKNOWN on stdout with exit code 3, or 1
//! under `--mon`. None ends in silence or as OK.

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgMatches, Command};
use rustix::process::Signal;

use crate::host::progress;
use crate::nagios::report::{Finding, Report};
use crate::nagios::state::State;
use crate::plugin::check_procs::Asked;
use crate::plugin::options::refuse_idle;
use crate::plugin::supervisor::{self, End, supervise};
use crate::plugin::{help, outlet};
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number;

/// A plugin.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// The program's name.
    pub name: &'static str,
    /// Its name in the status line.
    pub title: &'static str,
    /// Its options.
    pub command: fn() -> Command,
    /// Does the check.
    pub run: fn(&ArgMatches) -> Result<Report, Error>,
}

/// A program of another project that Procwarden replaces, with the same options and output.
#[derive(Clone, Copy, Debug)]
pub struct DropIn {
    /// The program's name.
    pub name: &'static str,
    /// Its time limit, from its arguments. Ignores malformed ones.
    pub limit: fn(&[OsString]) -> Duration,
    /// Does the check. A usage error is an output, too.
    pub run: fn(&[OsString]) -> Result<Output, Error>,
    /// The output if the check failed, with the reason.
    pub failed: fn(&str) -> Output,
    /// The output if the check exceeded its time limit, with what it was doing.
    pub timed_out: fn(Duration, &str) -> Output,
}

/// The protocol to report in.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The text, with a newline at the end.
    pub text: String,
    /// 0 to 3.
    pub code: u8,
}

/// Runs `drop_in` and returns its exit code. `arguments` exclude the program's name.
pub fn stand_in(drop_in: DropIn, arguments: Vec<OsString>) -> u8 {
    panic::set_hook(Box::new(|_| {}));
    let limit = (drop_in.limit)(&arguments);
    let output = match supervise(limit, move || (drop_in.run)(&arguments)) {
        Ok(End::Done(Ok(Ok(output)))) => output,
        Ok(End::Done(Ok(Err(error)))) => (drop_in.failed)(&error.to_string()),
        Ok(End::Done(Err(panic))) => (drop_in.failed)(&panic_text(panic.as_ref())),
        Ok(End::TimedOut) => (drop_in.timed_out)(limit, &progress::doing()),
        Ok(End::Signal(signal)) => {
            let what = format!("ended by {} while {}", name_of(signal), progress::doing());
            (drop_in.failed)(&what)
        }
        Err(error) => (drop_in.failed)(&format!("cannot start a thread: {error}")),
    };
    if outlet::print(&output.text) { output.code } else { (drop_in.failed)("").code }
}

/// Runs `plugin` and returns its exit code. `arguments` exclude the program's name. `mon` is whether the
/// program's name implies `--mon`.
pub fn run(plugin: Plugin, mut arguments: Vec<OsString>, mon: bool) -> u8 {
    // The message would go to stderr, which some schedulers show as the status line.
    panic::set_hook(Box::new(|_| {}));
    let is_typed = arguments.iter().any(|argument| argument == "--mon");
    if mon && !is_typed {
        arguments.insert(0, "--mon".into());
    }
    let form = if mon || is_typed { Form::Mon } else { Form::Nagios };
    let output = panic::catch_unwind(AssertUnwindSafe(|| output(plugin, arguments, form)))
        .unwrap_or_else(|panic| unknown(plugin.title, form, &panic_text(panic.as_ref())));
    print(form, &output)
}

/// Reports an error as a plugin does, for a program whose name is no plugin's. Returns the exit code.
pub fn refuse(title: &'static str, error: &Error, mon: bool) -> u8 {
    let form = if mon { Form::Mon } else { Form::Nagios };
    print(form, &unknown(title, form, &error.to_string()))
}

fn output(plugin: Plugin, arguments: Vec<OsString>, form: Form) -> Output {
    let name = OsString::from(plugin.name);
    let command = (plugin.command)().term_width(80);
    let foreign = in_our_words(&command, &Asked::read(&arguments));
    let arguments: Vec<_> = std::iter::once(name).chain(arguments).collect();
    let matches = match command.try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            return Output { text: help::answer((plugin.command)(), &arguments), code: 3 };
        }
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            return Output { text: error.render().to_string(), code: 3 };
        }
        Err(error) => {
            let foreign = foreign.filter(|_| error.kind() == ErrorKind::UnknownArgument);
            return unknown(
                plugin.title,
                form,
                &(usage_text(error) + &foreign.unwrap_or_default()),
            );
        }
    };
    if let Err(error) = refuse_idle(&matches, &["rechecks"], "recheck") {
        return unknown(plugin.title, form, &error.to_string());
    }
    let limit = matches.get_one::<Duration>("timeout").copied().unwrap_or(Duration::from_secs(10));
    let what = match supervise(limit, move || (plugin.run)(&matches)) {
        Ok(End::Done(Ok(Ok(report)))) => return render(form, &report),
        Ok(End::Done(Ok(Err(error)))) => error.to_string(),
        Ok(End::Done(Err(panic))) => panic_text(panic.as_ref()),
        Ok(End::TimedOut) => {
            format!("timed out after {} s while {}", number::seconds(limit), progress::doing())
        }
        Ok(End::Signal(signal)) => {
            let what = format!("ended by {} while {}", name_of(signal), progress::doing());
            return unknown(plugin.title, form, &what);
        }
        Err(error) => format!("cannot start a thread: {error}"),
    };
    match supervisor::known() {
        Some(report) => render(form, &cut_short(report, what)),
        None => unknown(plugin.title, form, &what),
    }
}

/// What to write for options of `check_procs`.
fn in_our_words(command: &Command, asked: &Asked) -> Option<String> {
    let takes = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    if takes("specs") {
        asked.specs().map(|specs| format!("; as a spec it is {specs}"))
    } else if takes("only") {
        asked.measured_for_cpu().map(|selector| format!("; write --only {selector}"))
    } else {
        None
    }
}

fn render(form: Form, report: &Report) -> Output {
    Output { text: form.text(report), code: form.exit_code(report.state()) }
}

/// A published verdict whose explanation is incomplete because of `why`.
fn cut_short(mut report: Report, why: String) -> Report {
    if report.findings.is_empty() {
        report.details.push(why);
    } else {
        let joint = if report.remark.is_empty() { "" } else { "; " };
        report.remark.push_str(joint);
        report.remark.push_str(&why);
    }
    report
}

/// A signal's name.
fn name_of(signal: i32) -> String {
    let known = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::ALARM];
    let names = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGALRM"];
    let mut named = known.into_iter().zip(names);
    let named = named.find(|(known, _)| known.as_raw() == signal);
    named.map_or_else(|| format!("signal {signal}"), |(_, name)| name.into())
}

fn unknown(title: &'static str, form: Form, text: &str) -> Output {
    let finding = Finding { state: State::Unknown, text: text.into() };
    render(form, &Report { title, findings: vec![finding], ..Report::default() })
}

/// Writes the output and returns the exit code. If nobody could read the output, that is UNKNOWN.
fn print(form: Form, output: &Output) -> u8 {
    if outlet::print(&output.text) { output.code } else { form.exit_code(State::Unknown) }
}

/// clap's error on one line, without its usage text.
fn usage_text(mut error: clap::Error) -> String {
    error.remove(ContextKind::Usage);
    // clap's tip for an unknown option is to write `--` before it. It would become a spec.
    error.remove(ContextKind::Suggested);
    let text = error.render().to_string();
    let text = text.trim_start_matches("error: ");
    // clap ends every error with this, and can't be told not to.
    let said = text.split("\n\nFor more information").next().unwrap_or(text);
    let said = said.trim_end().replace("\n\n", "; ");
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let said = if is_unknown { said + "; --help lists all options" } else { said };
    let words: Vec<_> = said.split_whitespace().collect();
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
