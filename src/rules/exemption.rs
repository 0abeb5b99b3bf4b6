//! Exemptions from all rules or from some.
//!
//! Exemptions are checked only for processes that break a rule. An exemption that matches nothing is
//! therefore unnecessary.

use std::fmt;

use crate::proc::fact::{Fact, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::rules::judge::HostFinding;
use crate::rules::set::RuleSet;
use crate::rules::verdict::Verdict;
use crate::select::exemption::Exemption;
use crate::select::lines::split_comment;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::nearest::nearest;

/// An exemption from some rules.
#[derive(Debug)]
pub struct RuleExemption<R> {
    /// The rules it is for.
    pub rules: R,
    /// The processes that may break them.
    pub exemption: Exemption,
    /// It comes with the plugin: if it matches nothing, that is not worth a line.
    pub is_built_in: bool,
}

impl<R: RuleSet> RuleExemption<R> {
    /// Parses `SELECTOR`, an exemption from all rules.
    ///
    /// # Errors
    /// What is wrong with the selector, or that it begins with a rule.
    pub(crate) fn from_all(text: &[u8]) -> Result<Self, Error> {
        if let Some(slip) = slip::<R>(split_comment(text).0) {
            return Err(slip.at(format_args!("exemption '{}'", escape::bounded(text, 100))));
        }
        let exemption = Exemption::parse(text)?;
        Ok(Self { rules: R::all(), exemption, is_built_in: false })
    }

    /// Parses `RULE[,RULE...]:SELECTOR`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn from_rules(text: &[u8]) -> Result<Self, Error> {
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

    /// Parses a line of a file, in either form. A process name may contain a colon (`tmux: server`), so
    /// the line has rules only if every word before the colon is one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn from_line(text: &[u8]) -> Result<Self, Error> {
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

    /// Parses the lines that come with a plugin.
    pub fn built_in(lines: &[&str]) -> Vec<Self> {
        let read = lines.iter().filter_map(|line| Self::from_line(line.as_bytes()).ok());
        read.map(|one| Self { is_built_in: true, ..one }).collect()
    }
}

/// `open-socket:traefik (reads labels)`, or the selector alone if it is from all rules.
impl<R: RuleSet> fmt::Display for RuleExemption<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rules != R::all() {
            write!(f, "{}:", self.rules.names(","))?;
        }
        self.exemption.fmt(f)
    }
}

/// Removes from the verdict the rules that `process` is exempt from. Returns those of them that were
/// broken, each with the index of its exemption.
///
/// # Errors
/// Gone. If it is hidden whether an exemption covers the process, the exemption's rules become doubtful.
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

/// The index of the exemption that covers a finding about the host: its selector is the finding's subject.
pub(crate) fn of_host<R: RuleSet>(
    exemptions: &mut [RuleExemption<R>],
    finding: &HostFinding<R>,
) -> Option<usize> {
    let covers = |one: &mut RuleExemption<R>| {
        one.rules.contains(finding.rule) && one.exemption.is_written(&finding.subject)
    };
    exemptions.iter_mut().position(covers)
}

/// What is wrong with a selector that begins with a rule or with what was meant as one. It would be taken as
/// the name of a process, which none has.
fn slip<R: RuleSet>(text: &[u8]) -> Option<Error> {
    // A term's colon follows no rule: traced,args~x:y.
    let (rules, selector) = split(text).filter(|(rules, _)| !rules.contains(['=', '~']))?;
    let shown = escape::bounded(text, 100);
    let is_near = |word: &str| nearest(word, R::NAMES.iter().map(|(name, _)| *name)).is_some();
    // Neither a title, as php-fpm: pool, nor a range.
    let has_name = selector.first().is_some_and(u8::is_ascii_alphabetic);
    let is_hyphenated = |word: &str| {
        let is_of_word = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
        has_name && word.contains('-') && word.bytes().all(is_of_word)
    };
    match R::parse(rules) {
        Ok(_) => Some(Error::new(format!("for some rules write --exempt-rule {shown}"))),
        Err(error) if rules.split(',').any(|word| is_near(word) || is_hyphenated(word)) => {
            Some(error.followed_by(&format!("a process of that name is name={shown}")))
        }
        Err(_) => None,
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
    use crate::rules::set::tests::Three;

    #[test]
    fn a_line_names_rules_or_is_a_selector() {
        let read = |text: &str| {
            let one = RuleExemption::<Three>::from_line(text.as_bytes()).unwrap();
            (one.rules.names("+"), one.exemption.to_string())
        };
        assert_eq!(read("two:atd # by design"), ("two".into(), "atd (by design)".into()));
        assert_eq!(read("one,six:a:b").1, "a:b");
        assert_eq!(read("php-fpm: pool").1, "php-fpm: pool");
        assert_eq!(read("name=twos:atd").1, "name=twos:atd");
        assert_eq!(read("two,args~x-y:z").1, "two,args~x-y:z");
        assert_eq!(read("tmux: server"), ("one+two+six".into(), "tmux: server".into()));
    }

    #[test]
    fn a_slip_in_a_rule_is_no_name() {
        let all = |text: &str| RuleExemption::<Three>::from_all(text.as_bytes()).unwrap_err();
        let line = |text: &str| RuleExemption::<Three>::from_line(text.as_bytes()).unwrap_err();
        for (error, part) in [
            (all("two:atd # x"), "'two:atd # x': for some rules write --exempt-rule two:atd"),
            (
                all("twos:atd"),
                "no rule 'twos', perhaps two; a process of that name is name=twos:atd",
            ),
            (line("one,twos: atd"), "no rule 'twos', perhaps two; a process of that name is name="),
            (line("two-six:atd"), "no rule 'two-six'; rules are one, two, six; a process of that"),
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn it_is_shown_with_its_rules() {
        for text in ["two:atd", "one,six:atd", "atd"] {
            let one = RuleExemption::<Three>::from_line(text.as_bytes()).unwrap();
            assert_eq!(one.to_string(), text);
        }
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
