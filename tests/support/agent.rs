//! A monitoring agent: a specimen that runs checks the way mon or NRPE does.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;

use super::{Answer, Process, Specimen};

/// How the agent comes from its own process to the plugin's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// fork, exec: the agent's main process is the plugin's parent.
    Mon,
    /// Forked twice, once more, then `popen`: forks of its name and `sh -c` stand in between, and
    /// the daemon itself is no ancestor.
    Nrpe,
    /// As mon, but by a worker that the main process keeps.
    Worker,
}

pub(crate) struct Agent {
    process: Process,
}

impl Agent {
    /// Starts the agent under this name, in a session of its own as a daemon is.
    #[track_caller]
    pub(crate) fn start(name: impl AsRef<OsStr>, manner: Manner) -> Self {
        Self::start_as(Specimen::called(name).verb("setsid"), manner)
    }

    /// Starts it in the session of the tests, as by hand.
    #[track_caller]
    pub(crate) fn start_in_the_foreground(name: impl AsRef<OsStr>, manner: Manner) -> Self {
        Self::start_as(Specimen::called(name), manner)
    }

    fn start_as(specimen: Specimen, manner: Manner) -> Self {
        let specimen = match manner {
            Manner::Mon => specimen.verb("serve=mon"),
            Manner::Nrpe => specimen.verb("serve=nrpe"),
            Manner::Worker => specimen.verb("fork").verb("serve=mon"),
        };
        Self { process: specimen.start() }
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Has it run any command, and does not wait.
    #[track_caller]
    pub(crate) fn send(&mut self, command: &str) {
        let stdin = self.process.stdin.as_mut().expect("its stdin");
        writeln!(stdin, "{command}").expect("the agent listens");
    }

    /// Has it run a plugin. No word may hold a space.
    #[track_caller]
    pub(crate) fn run(&mut self, plugin: &Path, args: &[&str]) -> Answer {
        let mut command = plugin.to_str().expect("a path of text").to_owned();
        for arg in args {
            assert!(!arg.contains([' ', '\n']), "{arg:?} would be split");
            command.push(' ');
            command.push_str(arg);
        }
        self.send(&command);
        let mut stdout = String::new();
        loop {
            let line = self.process.line();
            if let Some(code) = line.strip_prefix("code ") {
                let code = Some(code.parse().expect("an exit code"));
                return Answer { command, stdout: stdout.into_bytes(), stderr: Vec::new(), code };
            }
            stdout.push_str(&line);
            stdout.push('\n');
        }
    }
}
