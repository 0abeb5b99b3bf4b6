//! Runs the commands for people: `procwarden suggest`, `explain` and `link`.

use std::ffi::OsString;

use clap::{Command, CommandFactory, FromArgMatches};
use procwarden::plugin::outlet;
use procwarden::text::error::Error;

use crate::footing;

/// The output and the exit code.
pub(crate) type Outcome = Result<(String, u8), Error>;

/// The options of a command.
pub(crate) trait Act: CommandFactory + FromArgMatches {
    /// Runs the command.
    fn act(&self) -> Outcome;
}

/// A command's options, for help, manual page and completions.
pub(crate) fn command<O: Act>() -> Command {
    O::command().version(env!("CARGO_PKG_VERSION"))
}

/// Parses `arguments`, runs the command and prints its output. Errors go to standard error, since
/// standard output may be redirected to a file. Returns the exit code; it is 0 for help and version.
pub(crate) fn run<O: Act>(arguments: &[OsString]) -> u8 {
    footing::end_like_any_program();
    let command = command::<O>();
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let arguments = std::iter::once(name.clone().into()).chain(arguments.iter().cloned());
    let outcome = match command.term_width(80).try_get_matches_from(arguments) {
        Ok(matches) => {
            O::from_arg_matches(&matches).map_err(Error::from).and_then(|options| options.act())
        }
        Err(error) if !error.use_stderr() => Ok((error.render().to_string(), 0)),
        Err(error) => {
            let text = error.render().to_string();
            Err(Error::new(text.trim_start_matches("error: ").trim_end()))
        }
    };
    match outcome {
        Ok((text, code)) if outlet::print_to_person(&text) => code,
        Ok(_) => 3,
        Err(error) => {
            footing::say(&format!("{name}: {error}\n"));
            3
        }
    }
}
