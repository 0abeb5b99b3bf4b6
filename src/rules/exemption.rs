//! Exemptions from all rules or from some.
//!
//! Exemptions are checked only for processes that break a rule. An exemption that matches nothing is
//! therefore unnecessary.

use crate::proc::fact::{Fact, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::rules::set::RuleSet;
use crate::rules::verdict::Verdict;
use crate::select::exemption::Exemption;
use crate::text::error::Error;
use crate::text::escape;

/// An exemption from some rules.
#[derive(Debug)]
pub struct RuleExemption<R> {
    /// The rules that it is about.
    pub rules: R,
    /// Whom it spares.
    pub exemption: Exemption,
    /// The administrator did not write it, and need not hear that it matches nothing.
    pub is_built_in: bool,
}

impl<R: RuleSet> RuleExemption<R> {
    /// Reads `SELECTOR`, for all rules.
    ///
    /// # Errors
    /// What is wrong with the selector.
    pub fn from_all(text: &[u8]) -> Result<Self, Error> {
        let exemption = Exemption::parse(text)?;
        Ok(Self { rules: R::all(), exemption, is_built_in: false })
    }

    /// Reads `RULE[,RULE...]:SELECTOR`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_rules(text: &[u8]) -> Result<Self, Error> {
        let shown = escape::bounded(text, 100);
        let (rules, selector) = split(text).ok_or_else(|| {
            let rule = R::MILD.iter().next().unwrap_or(R::DEFAULT).names("");
            Error::new(format!("'{shown}' is not RULE:SELECTOR, as {rule}:atd"))
        })?;
        let rules = R::parse(rules);
        Ok(Self {
            rules: rules.map_err(|error| error.at(format_args!("'{shown}'")))?,
            exemption: Exemption::parse(selector)?,
            is_built_in: false,
        })
    }

    /// Reads a line of a file, which has either form. A name such as `tmux: server` may hold a colon,
    /// too, so the second form needs names of rules before the colon.
    ///
    /// # Errors
    /// As either form.
    pub fn from_line(text: &[u8]) -> Result<Self, Error> {
        match split(text).map(|(rules, _)| R::parse(rules)) {
            Some(Ok(_)) => Self::from_rules(text),
            _ => Self::from_all(text),
        }
    }

    /// As [`Exemption::fit_for`].
    ///
    /// # Errors
    /// A label that no process can have.
    pub(crate) fn fit_for(self, root: Option<&ProcRoot>) -> Result<Self, Error> {
        Ok(Self { exemption: self.exemption.fit_for(root)?, ..self })
    }

    /// Reads lines that a plugin itself brings.
    pub fn built_in(lines: &[&str]) -> Vec<Self> {
        let read = lines.iter().filter_map(|line| Self::from_line(line.as_bytes()).ok());
        read.map(|one| Self { is_built_in: true, ..one }).collect()
    }
}

/// Takes the rules that `process` is exempt from out of its verdict. Returns the broken ones among
/// them, by the place of the exemption that covers them.
///
/// # Errors
/// Gone. If something hides whether an exemption covers the process, its rules become doubtful.
pub(crate) fn apply<R: RuleSet, E>(
    exemptions: &mut [RuleExemption<R>],
    process: &mut Process<'_>,
    verdict: &mut Verdict<R, E>,
) -> Fact<Vec<(usize, R)>> {
    let suspected = verdict.broken.union(verdict.doubtful);
    let mut exempt = Vec::new();
    let mut doubts = Vec::new();
    for (at, one) in exemptions.iter_mut().enumerate() {
        let concerned = suspected.intersection(one.rules);
        if concerned.is_empty() {
            continue;
        }
        match unless_gone(one.exemption.covers(process))? {
            Ok(true) => {
                exempt.push((at, verdict.broken.intersection(concerned)));
                verdict.lift(concerned);
            }
            Ok(false) => {}
            Err(hidden) => doubts.push((concerned, hidden)),
        }
    }
    for (rules, hidden) in doubts {
        verdict.doubt(rules.intersection(verdict.broken), hidden);
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
    use crate::rules::set::tests::Three;

    #[test]
    fn a_line_names_rules_or_is_a_selector() {
        let read = |text: &str| {
            let one = RuleExemption::<Three>::from_line(text.as_bytes()).unwrap();
            (one.rules.names("+"), one.exemption.to_string())
        };
        assert_eq!(read("two:atd # by design"), ("two".into(), "atd (by design)".into()));
        assert_eq!(read("one,six:a:b").1, "a:b");
        assert_eq!(read("tmux: server"), ("one+two+six".into(), "tmux: server".into()));
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        for (text, part) in [
            ("atd", "'atd' is not RULE:SELECTOR, as two:atd"),
            ("frob:atd", "'frob:atd': there is no rule 'frob'"),
            ("one:frob=1", "unknown key 'frob'"),
            ("one:", "no process is named"),
        ] {
            let error = RuleExemption::<Three>::from_rules(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }
}
