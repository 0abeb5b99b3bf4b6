//! Lists every domain in use with its number of processes, for a first look at an unknown host.

use std::collections::BTreeMap;

use procwarden::proc::fact::Missing;
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::population::{Membership, Population};
use procwarden::text::error::Error;
use procwarden::text::escape;

/// Longest line, in characters.
const LONGEST_LINE: usize = 100;

/// The domains of `population` on as few lines as possible, the fullest first.
pub(super) fn in_use(root: &ProcRoot, population: &Population) -> Result<Vec<String>, Error> {
    let mut domains = BTreeMap::<Vec<u8>, u64>::new();
    let mut hidden = 0_u64;
    Process::each(root, |process| {
        if population.membership(process) != Ok(Membership::Member) {
            return;
        }
        match process.label() {
            Ok(label) => match domains.get_mut(label.domain) {
                Some(count) => *count += 1,
                None => drop(domains.insert(label.domain.to_vec(), 1)),
            },
            Err(Missing::Hidden(_)) => hidden += 1,
            Err(Missing::Gone) => {}
        }
    })?;
    Ok(in_lines(domains, hidden))
}

fn in_lines(domains: BTreeMap<Vec<u8>, u64>, hidden: u64) -> Vec<String> {
    let mut lines = vec![format!("{} domains in use:", domains.len())];
    let mut domains: Vec<_> = domains.into_iter().collect();
    // The sort is stable: domains with the same count stay sorted by name.
    domains.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut items: Vec<String> = domains
        .iter()
        .map(|(domain, count)| format!("{} {count}", escape::bounded(domain, LONGEST_LINE)))
        .collect();
    if hidden > 0 {
        items.push(format!("labels that can't be read {hidden}"));
    }
    for (at, item) in items.iter().enumerate() {
        let joint = if at == 0 { " " } else { ", " };
        match lines.last_mut() {
            Some(line) if line.len() + joint.len() + item.len() <= LONGEST_LINE => {
                line.push_str(joint);
                line.push_str(item);
            }
            _ => lines.push(format!("  {item}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_comes_first() {
        let domains = [("init_t", 1), ("kernel_t", 80), ("crond_t", 1)];
        let domains = domains.map(|(domain, count)| (domain.as_bytes().to_vec(), count));
        assert_eq!(
            in_lines(domains.into(), 2),
            ["3 domains in use: kernel_t 80, crond_t 1, init_t 1, labels that can't be read 2"]
        );
    }

    #[test]
    fn many_take_many_lines() {
        let domains = (0..30).map(|n| (format!("domain_{n}_t").into_bytes(), n));
        let lines = in_lines(domains.collect(), 0);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.len() <= LONGEST_LINE));
    }
}
