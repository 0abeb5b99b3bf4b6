//! Which processes fit at every look: the same ones, by number and start.

use std::collections::BTreeMap;

use crate::proc::fact::{Fact, Hidden, Missing, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::Pid;
use crate::select::selector::{Key, Selector};

/// What tells a process that lasts from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    start: u64,
    /// How often it was given a CPU, or gave it up; while that stands still, so does its state.
    switches: Option<u64>,
}

/// The processes of one look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lasting {
    asks_for_state: bool,
    seen: BTreeMap<Pid, Result<Identity, Hidden>>,
}

impl Lasting {
    /// Those that fit a selector.
    pub fn new(selector: &Selector) -> Self {
        let asks_for_state = selector.questions().iter().any(|q| q.key() == Key::State);
        Self { asks_for_state, seen: BTreeMap::new() }
    }

    /// Whether a process that fits, or may (`fit`), fitted in the look before, too. In the first look all
    /// pass.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn take(
        &mut self,
        before: Option<&Self>,
        process: &mut Process<'_>,
        fit: Result<(), Hidden>,
    ) -> Fact<bool> {
        let now = fit.map_err(Missing::Hidden).and_then(|()| self.identity(process));
        let now = unless_gone(now)?;
        let now = match before.map(|before| before.seen.get(&process.pid())) {
            None => now,
            Some(None) => return Ok(false),
            Some(Some(Ok(before))) if now.is_ok_and(|now| now != *before) => return Ok(false),
            Some(Some(before)) => before.and(now),
        };
        self.seen.insert(process.pid(), now);
        now.map(|_| true).map_err(Missing::Hidden)
    }

    fn identity(&self, process: &mut Process<'_>) -> Fact<Identity> {
        let start = process.stat()?.start;
        let switches = if self.asks_for_state { Some(process.switches()?) } else { None };
        Ok(Identity { start, switches })
    }
}
