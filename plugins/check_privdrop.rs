//! x
use clap::{ArgMatches, CommandFactory, Parser};
use procwarden::error::Error;
use procwarden::report::Report;
use procwarden::runner::Plugin;
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "check_privdrop",
    title: "PRIVDROP",
    command: Options::command,
    run,
};
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    common: procwarden::options::CommonOptions,
}
fn run(_: &ArgMatches) -> Result<Report, Error> {
    Err(Error::new("todo"))
}
