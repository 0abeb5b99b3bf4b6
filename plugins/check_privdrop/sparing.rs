//! Exemptions of this check: from all rules, or from some.
//!
//! They are asked about processes that break a rule and no others, so that one which matches nothing
//! is one that is not needed.

use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::select::exemption::Exemption;
use procwarden::text::error::Error;

use super::policy::Suspicion;
use super::rule::RuleSet;

/// An exemption from some rules.
#[derive(Debug)]
pub(crate) struct Scoped {
    /// From which.
    pub(crate) rules: RuleSet,
    /// Of whom.
    pub(crate) exemption: Exemption,
    /// Whether the administrator asked for it, and would want to hear that it is of no use.
    pub(crate) is_asked_for: bool,
}

impl Scoped {
    /// Reads a selector, which is exempt from all rules.
    pub(crate) fn from_all(text: &[u8]) -> Result<Self, Error> {
        Ok(Self { rules: RuleSet::ALL, exemption: Exemption::parse(text)?, is_asked_for: true })
    }

    /// Reads `RULE[,RULE...]:SELECTOR`.
    pub(crate) fn from_rules(text: &[u8]) -> Result<Self, Error> {
        let shown = procwarden::text::escape::bounded(text, 100);
        let (rules, selector) = split(text).ok_or_else(|| {
            Error::new(format!("'{shown}' is not RULE:SELECTOR, as uid-regain:atd"))
        })?;
        let rules = RuleSet::parse(rules);
        Ok(Self {
            rules: rules.map_err(|why| Error::new(why).at(format_args!("'{shown}'")))?,
            exemption: Exemption::parse(selector)?,
            is_asked_for: true,
        })
    }

    /// Reads a line of a file: either. A name such as `tmux: server` may hold a colon too, so only
    /// what stands before one and is all rules makes it the second form.
    pub(crate) fn from_line(text: &[u8]) -> Result<Self, Error> {
        match split(text).map(|(rules, _)| RuleSet::parse(rules)) {
            Some(Ok(_)) => Self::from_rules(text),
            _ => Self::from_all(text),
        }
    }
}

/// All exemptions of a run.
#[derive(Debug, Default)]
pub(crate) struct Sparings(pub(crate) Vec<Scoped>);

impl Sparings {
    /// Takes from `suspicion` what the process is exempt from, and returns that, each part with the
    /// place of the exemption that spared it.
    ///
    /// # Errors
    /// Gone. What can't be told stays as a doubt.
    pub(crate) fn spare(
        &mut self,
        process: &mut Process<'_>,
        suspicion: &mut Suspicion,
    ) -> Fact<Vec<(RuleSet, usize)>> {
        let suspected = suspicion.broken.union(suspicion.doubtful);
        let mut spared = Vec::new();
        let mut doubts = Vec::new();
        for (at, scoped) in self.0.iter_mut().enumerate() {
            let concerned = suspected.intersection(scoped.rules);
            if concerned.is_empty() {
                continue;
            }
            match scoped.exemption.covers(process) {
                Ok(true) => {
                    spared.push((suspicion.broken.intersection(concerned), at));
                    suspicion.lift(concerned);
                }
                Ok(false) => {}
                Err(Missing::Hidden(hidden)) => doubts.push((concerned, hidden)),
                Err(Missing::Gone) => return Err(Missing::Gone),
            }
        }
        for (rules, hidden) in doubts {
            suspicion.doubt(rules.intersection(suspicion.broken), hidden);
        }
        spared.retain(|(rules, _)| !rules.is_empty());
        Ok(spared)
    }
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
            let scoped = Scoped::from_line(text.as_bytes()).unwrap();
            (scoped.rules.names("+"), scoped.exemption.to_string())
        };
        assert_eq!(
            read("uid-regain:atd # by design"),
            ("uid-regain".into(), "atd (by design)".into())
        );
        assert_eq!(read("caps,groups:a:b").1, "a:b");
        assert_eq!(read("tmux: server"), (RuleSet::ALL.names("+"), "tmux: server".into()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, part) in [
            ("atd", "'atd' is not RULE:SELECTOR, as uid-regain:atd"),
            ("frob:atd", "'frob:atd': there is no rule 'frob'"),
            ("caps:frob=1", "unknown key 'frob'"),
            ("caps:", "no process is named"),
        ] {
            let error = Scoped::from_rules(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
