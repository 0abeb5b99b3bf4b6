//! What the commands that speak to a person share: `procwarden suggest` and `procwarden explain`.

use std::ffi::OsString;

use clap::{ArgMatches, Command};
use procwarden::text::error::Error;

/// What is printed, and the exit code.
pub(crate) type Outcome = Result<(String, u8), Error>;

/// Reads `arguments` and has `act` do what they say. Help and version end with 0.
pub(crate) fn run(
    name: &str,
    command: Command,
    arguments: &[OsString],
    act: impl FnOnce(&ArgMatches) -> Outcome,
) -> Outcome {
    let name = OsString::from(name);
    let arguments = std::iter::once(&name).chain(arguments);
    match command.term_width(80).try_get_matches_from(arguments) {
        Ok(matches) => act(&matches),
        Err(error) if !error.use_stderr() => Ok((error.render().to_string(), 0)),
        Err(error) => {
            let text = error.render().to_string();
            Err(Error::new(text.trim_start_matches("error: ").trim_end()))
        }
    }
}
