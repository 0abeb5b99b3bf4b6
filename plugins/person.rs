//! What the commands that speak to a person share: `procwarden suggest`, `explain` and `link`.

use std::ffi::OsString;

use clap::{ArgMatches, Command};
use procwarden::plugin::outlet;
use procwarden::text::error::Error;

use crate::footing;

/// What is printed, and the exit code.
pub(crate) type Outcome = Result<(String, u8), Error>;

/// Reads `arguments`, has `act` do what they say, and prints what comes of it: errors to standard error,
/// since standard output may be kept as a file. Returns the exit code; help and version end with 0.
pub(crate) fn run(
    command: Command,
    arguments: &[OsString],
    act: impl FnOnce(&ArgMatches) -> Outcome,
) -> u8 {
    footing::end_like_any_program();
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let arguments = std::iter::once(name.clone().into()).chain(arguments.iter().cloned());
    let outcome = match command.term_width(80).try_get_matches_from(arguments) {
        Ok(matches) => act(&matches),
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
