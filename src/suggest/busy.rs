//! Finds daemons that used much CPU over their whole lives. A check of CPU time has to exempt them.

use std::collections::BTreeMap;

use super::names;
use super::suggestion::Suggestion;
use crate::proc::fact::Fact;
use crate::proc::process::{Process, shown_name};
use crate::proc::root::ProcRoot;
use crate::text::error::Error;
use crate::text::number;

/// Percent of one core. A daemon with a higher average is well above it at times.
const BUSY: f64 = 20.0;

/// Seconds. A younger process may be busy starting up.
const SETTLED: f64 = 600.0;

/// An exemption for each name and user among the suggested daemons and their children:
/// `clamd,user=clamav  # 31 % of a core over 3d`.
///
/// # Errors
/// If the processes can't be listed.
pub fn exemptions(root: &ProcRoot, suggestion: &Suggestion) -> Result<Vec<String>, Error> {
    let mut busiest: BTreeMap<(String, u32), (f64, f64)> = BTreeMap::new();
    Process::each(root, |process| {
        // A process that is hidden or gone needs no exemption now.
        let Ok((name, uid, percent, age)) = facts(process) else { return };
        let Some(name) = names::plain(&name) else { return };
        let is_daemon = suggestion.mains().any(|(daemon, _)| daemon == name);
        if is_daemon && percent >= BUSY && age >= SETTLED {
            let most = busiest.entry((name.to_owned(), uid)).or_default();
            *most = if most.0 < percent { (percent, age) } else { *most };
        }
    })?;
    let line = |((name, uid), (percent, age)): ((String, u32), (f64, f64))| {
        let user = names::user_term(uid);
        format!("{name},{user}  # {percent:.0} % of a core over {}", number::span(age))
    };
    Ok(busiest.into_iter().map(line).collect())
}

fn facts(process: &mut Process<'_>) -> Fact<(Vec<u8>, u32, f64, f64)> {
    Ok((shown_name(process)?, process.owner()?.uid, process.lifetime_cpu()?, process.age()?))
}
