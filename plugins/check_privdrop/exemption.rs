//! Exemptions from all rules or from some, and those that are built in.
//!
//! Exemptions are checked only for processes that break a rule. An exemption that matches nothing is
//! therefore unnecessary.

use procwarden::proc::fact::{Fact, unless_gone};
use procwarden::proc::process::Process;
use procwarden::select::exemption::Exemption;
use procwarden::text::error::Error;
use procwarden::text::escape;

use super::policy::Verdict;
use super::rules::Rules;

/// Daemons that keep root by design, and so break rules without doing wrong.
///
/// Each needs root again, to act as one user after another or to start its workers anew. In between it
/// drops root with `seteuid()` and `setegid()`. NRPE runs wherever its check of this kind does, the others are
/// widespread: a check that warns of them on every host would soon be ignored. The first line counts
/// them as exempt, `-v` shows them, and `--strict` judges them.
///
/// docs/privdrop-daemons.md shows what they look like. No line uses `user=`, which would be an error
/// on a machine without that user. Users are those of Debian's packages, Fedora's and the authors'.
const BUILT_IN: [&str; 5] = [
    "gid-root,uid-regain,caps,no-new-privs:atd,user~^daemon$ # takes root back to run a job as its owner",
    "gid-root,uid-regain,caps,no-new-privs:local,user~^postfix$,parent=master # takes root back to deliver to a mailbox as its owner",
    "uid-regain,caps,no-new-privs:nrpe,user~^(nagios|nrpe|icinga)$ # keeps root to remove its PID file in the end",
    "gid-root,uid-regain,caps,no-new-privs:varnishd,user~^(vcache|varnish)$ # takes root back to start its worker, which has dropped it",
    "uid-regain,caps,no-new-privs:squid,user~^(proxy|squid)$ # takes root back to open ports and log files anew",
];

/// An exemption from some rules.
#[derive(Debug)]
pub(crate) struct RuleExemption {
    pub(crate) rules: Rules,
    pub(crate) exemption: Exemption,
    /// The administrator did not write it, and need not hear that it matches nothing.
    pub(crate) is_built_in: bool,
}

impl RuleExemption {
    /// Reads `SELECTOR`, for all rules.
    pub(crate) fn from_all(text: &[u8]) -> Result<Self, Error> {
        let exemption = Exemption::parse(text)?;
        Ok(Self { rules: Rules::all(), exemption, is_built_in: false })
    }

    /// Reads `RULE[,RULE...]:SELECTOR`.
    pub(crate) fn from_rules(text: &[u8]) -> Result<Self, Error> {
        let shown = escape::bounded(text, 100);
        let (rules, selector) = split(text).ok_or_else(|| {
            Error::new(format!("'{shown}' is not RULE:SELECTOR, as uid-regain:atd"))
        })?;
        let rules = Rules::parse(rules);
        Ok(Self {
            rules: rules.map_err(|error| error.at(format_args!("'{shown}'")))?,
            exemption: Exemption::parse(selector)?,
            is_built_in: false,
        })
    }

    /// Reads a line of a file, which has either form. A name such as `tmux: server` may hold a colon,
    /// too, so the second form needs names of rules before the colon.
    pub(crate) fn from_line(text: &[u8]) -> Result<Self, Error> {
        match split(text).map(|(rules, _)| Rules::parse(rules)) {
            Some(Ok(_)) => Self::from_rules(text),
            _ => Self::from_all(text),
        }
    }

    /// Those that every run has unless it is `--strict`.
    pub(crate) fn built_in() -> Vec<Self> {
        let read = BUILT_IN.iter().filter_map(|line| Self::from_line(line.as_bytes()).ok());
        read.map(|one| Self { is_built_in: true, ..one }).collect()
    }
}

/// Takes the rules that `process` is exempt from out of its verdict. Returns the broken ones among
/// them, by the place of the exemption that covers them.
///
/// # Errors
/// Gone. If something hides whether an exemption covers the process, its rules become doubtful.
pub(crate) fn apply(
    exemptions: &mut [RuleExemption],
    process: &mut Process<'_>,
    verdict: &mut Verdict,
) -> Fact<Vec<(usize, Rules)>> {
    let suspected = verdict.broken | verdict.doubtful;
    let mut exempt = Vec::new();
    let mut doubts = Vec::new();
    for (at, one) in exemptions.iter_mut().enumerate() {
        let concerned = suspected & one.rules;
        if concerned.is_empty() {
            continue;
        }
        match unless_gone(one.exemption.covers(process))? {
            Ok(true) => {
                exempt.push((at, verdict.broken & concerned));
                verdict.lift(concerned);
            }
            Ok(false) => {}
            Err(hidden) => doubts.push((concerned, hidden)),
        }
    }
    for (rules, hidden) in doubts {
        verdict.doubt(rules & verdict.broken, hidden);
    }
    exempt.retain(|(_, rules)| !rules.is_empty());
    Ok(exempt)
}

fn split(text: &[u8]) -> Option<(&str, &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let rules = std::str::from_utf8(&text[..colon]).ok()?;
    Some((rules, &text[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_rules_or_is_a_selector() {
        let read = |text: &str| {
            let one = RuleExemption::from_line(text.as_bytes()).unwrap();
            (one.rules.names("+"), one.exemption.to_string())
        };
        assert_eq!(
            read("uid-regain:atd # by design"),
            ("uid-regain".into(), "atd (by design)".into())
        );
        assert_eq!(read("caps,groups:a:b").1, "a:b");
        assert_eq!(read("tmux: server"), (Rules::all().names("+"), "tmux: server".into()));
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        for (text, part) in [
            ("atd", "'atd' is not RULE:SELECTOR, as uid-regain:atd"),
            ("frob:atd", "'frob:atd': there is no rule 'frob'"),
            ("caps:frob=1", "unknown key 'frob'"),
            ("caps:", "no process is named"),
        ] {
            let error = RuleExemption::from_rules(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn all_that_are_built_in_can_be_read_and_have_a_reason() {
        let built_in = RuleExemption::built_in();
        assert_eq!(built_in.len(), BUILT_IN.len());
        for RuleExemption { exemption, .. } in built_in {
            assert!(exemption.to_string().ends_with(')'), "{exemption}");
        }
    }
}
