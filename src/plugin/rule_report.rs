//! Settles and reports the survey of a plugin that has rules.

use std::time::Duration;

use crate::nagios::report::Report;
use crate::plugin::supervisor::publish;
use crate::proc::root::ProcRoot;
use crate::rules::judge::Judge;
use crate::rules::survey::Survey;
use crate::text::error::Error;

/// Rechecks after each of `waits` while something is wrong, and reports. Publishes what is known before
/// each wait. `faults` are exemptions that can't be used.
pub fn settled<J: Judge>(
    mut survey: Survey<J>,
    root: &ProcRoot,
    waits: impl Iterator<Item = Duration>,
    faults: &[Error],
    (title, verbose): (&'static str, u8),
) -> Report {
    let report = |survey: &Survey<J>| {
        let mut report = survey.report(title, verbose);
        report.add_faults(faults);
        report
    };
    survey.settle(root, waits, |so_far| publish(report(so_far).unsettled()));
    report(&survey)
}
