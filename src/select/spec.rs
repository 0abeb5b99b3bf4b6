//! A spec: a selector, the ranges for the number of its processes or for a measure of them, and the
//! label that output shows.

use crate::nagios::range::{Range, Thresholds};
use crate::proc::root::ProcRoot;
use crate::select::each::Each;
use crate::select::measure::{self, How, Measure};
use crate::select::ranges::{self, is_bare};
use crate::select::selector::{Question, Selector, Subject, slip_in_label, split_terms, unquoted};
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number::Unit;

/// What is expected of a set of processes.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Which processes.
    pub selector: Selector,
    /// What is measured of them; `None` for their number.
    pub measure: Option<Measure>,
    /// What makes groups of them, each of which is held against the ranges.
    pub each: Option<Each>,
    /// Whether only those count that fit at every look.
    pub lasting: bool,
    /// How many of them, or how much that is.
    pub thresholds: Thresholds,
    /// Whether it was written with them.
    pub has_own_ranges: bool,
    /// Its name in the text: `label=`, else the terms as written.
    pub label: String,
}

impl Spec {
    /// Reads `SELECTOR[:[WARN:]CRIT]`. Without a range of its own it gets `fallback`'s, and where
    /// that has none either, `1-`: who names a process expects it to run. A measure needs a range of
    /// its own, and no other term.
    ///
    /// # Errors
    /// What is wrong with which part, and what would be right.
    pub fn parse(text: &[u8], subject: Subject, fallback: Thresholds) -> Result<Self, Error> {
        let place = format!("spec '{}'", escape::bounded(text, 100));
        let explain = |error: Error| error.at(&place);
        let measure = Measure::of_spec(text).map_err(explain)?;
        let each = Each::of_spec(text).map_err(explain)?;
        let (rest, own) = if measure.is_some() || each.is_some() {
            let unit = measure.map_or(Unit::Count, |measure| measure.unit);
            let (rest, own) = measure::split_ranges(text, unit).map_err(explain)?;
            Each::check(rest).map_err(explain)?;
            (rest, Some(own))
        } else {
            ranges::split(text, subject).map_err(explain)?
        };
        let mut terms = split_terms(rest);
        let label = take_label(&mut terms).map_err(explain)?;
        let written = escape::text(&terms.join(&b','));
        let lasting = take_lasting(&mut terms).map_err(explain)?;
        let is_more = |term: &&[u8]| measure::is_term(term) || Each::is_term(term);
        let is_first = terms.first().is_some_and(is_more);
        terms.retain(|term| !is_more(term));
        if let Some(name) = terms.first().filter(|term| is_first && is_bare(term)) {
            return Err(explain(name_goes_first(name)));
        }
        let selector = if terms.is_empty() && (measure.is_some() || each.is_some()) {
            Selector::everything()
        } else {
            Selector::parse(&terms.join(&b','), subject).map_err(explain)?
        };
        check_ranges(own, measure, each, lasting).map_err(explain)?;
        let thresholds = match own {
            Some(own) => own,
            None if fallback == Thresholds::default() => {
                Thresholds { warning: None, critical: Some(Range::of_spec("1-").map_err(explain)?) }
            }
            None => fallback,
        };
        let label = label.map(|label| escape::text(&unquoted(label)));
        let label = label.unwrap_or(written);
        let has_own_ranges = own.is_some();
        Ok(Self { selector, measure, each, lasting, thresholds, has_own_ranges, label })
    }

    /// What its ranges are written in.
    pub(crate) fn unit(&self) -> Unit {
        self.measure.map_or(Unit::Count, |measure| measure.unit)
    }

    /// The spec, if processes of `root` can have what it asks for.
    ///
    /// # Errors
    /// What no process can have, which `:0-0` would call OK for ever.
    pub fn fit_for(self, root: Option<&ProcRoot>) -> Result<Self, Error> {
        self.selector.check_for(root).map(|()| self)
    }

    /// The spec as we understood it, its questions in the order in which we ask them: `name=sshd,
    /// then user=root; critical unless 1-1`.
    pub fn in_words(&self) -> String {
        let questions = self.selector.questions().iter().map(Question::in_words);
        let questions = questions.collect::<Vec<_>>().join(", then ");
        let questions = if questions.is_empty() { "every process".into() } else { questions };
        let measured = self.measure.map(|measure| format!("; measures {measure}"));
        let grouped = self.each.map(|each| format!("; for each {}", each.key().name()));
        let lasting = self.lasting.then(|| "; only those that fit at every look".to_owned());
        let more: String = [measured, grouped, lasting].into_iter().flatten().collect();
        let range = |name: &str, range: Option<Range>| {
            range.map_or(String::new(), |range| {
                format!("; {name} unless {}", range.wanted_in(self.unit()))
            })
        };
        let Thresholds { warning, critical } = self.thresholds;
        format!("{questions}{more}{}{}", range("critical", critical), range("warning", warning))
    }
}

/// Beside a measure a word without `=` would be a name wherever it stood: `each=user,sum.threads`.
fn name_goes_first(name: &[u8]) -> Error {
    let name = escape::bounded(name, 100);
    Error::new(format!("'{name}' is not KEY=VALUE; a name goes first: write {name},..."))
}

/// Takes `lasting=yes` out of the terms.
fn take_lasting(terms: &mut Vec<&[u8]>) -> Result<bool, Error> {
    let before = terms.len();
    terms.retain(|term| *term != b"lasting=yes");
    match before - terms.len() {
        _ if terms.iter().any(|term| term.starts_with(b"lasting=")) => {
            Err(Error::new("write lasting=yes, or leave it out"))
        }
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::new("it has two lasting=yes")),
    }
}

/// Refuses ranges that groups, or processes that last, can't be held against.
fn check_ranges(
    own: Option<Thresholds>,
    measure: Option<Measure>,
    each: Option<Each>,
    lasting: bool,
) -> Result<(), Error> {
    let own = || own.into_iter().flat_map(|own| [own.warning, own.critical]).flatten();
    if each.is_some() && own().any(|range| !range.has_upper_end()) {
        return Err(Error::new(
            "each= finds no group that is missing, since an empty group does not exist; write -MAX, or a \
             spec for each that must be there",
        ));
    }
    // A later look finds fewer, which could only make a lower bound worse than the first look saw.
    let is_of_least = measure.is_some_and(|measure| measure.how == How::Min);
    if lasting && (is_of_least || own().next().is_none() || own().any(|range| !range.is_ceiling()))
    {
        return Err(Error::new(
            "lasting=yes needs a range without a lower bound, such as :0-0, and no min=: later looks \
             find fewer",
        ));
    }
    Ok(())
}

/// Takes `label=TEXT` out of the terms.
fn take_label<'t>(terms: &mut Vec<&'t [u8]>) -> Result<Option<&'t [u8]>, Error> {
    const KEY: &[u8] = b"label=";
    let labels: Vec<_> = terms.iter().filter_map(|term| term.strip_prefix(KEY)).collect();
    terms.retain(|term| !term.starts_with(KEY));
    match labels.as_slice() {
        [] => Ok(None),
        [b""] => Err(Error::new("'label' has no value; write label=TEXT")),
        [label] => slip_in_label(label).map(|()| Some(*label)),
        _ => Err(Error::new("it has two labels")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Spec, Error> {
        Spec::parse(text.as_bytes(), Subject::Program, Thresholds::default())
    }

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let spec = parse(text).unwrap();
        let shown = |range: Option<Range>| range.map(|range| range.wanted());
        (spec.label, shown(spec.thresholds.warning), shown(spec.thresholds.critical))
    }

    #[test]
    fn the_range_comes_after_the_last_colon_that_is_followed_by_one() {
        for (text, label, warning, critical) in [
            ("sshd", "sshd", None, "1-"),
            ("sshd:1-", "sshd", None, "1-"),
            ("cron:1-2:1-5", "cron", Some("1-2"), "1-5"),
            ("tmux: server:1-", "tmux: server", None, "1-"),
            ("tmux: server", "tmux: server", None, "1-"),
            ("x:5", "x", None, "5-5"),
            ("x:0-5", "x", None, "0-5"),
            (
                "context=system_u:system_r:sshd_t:s0:1-1",
                "context=system_u:system_r:sshd_t:s0",
                None,
                "1-1",
            ),
            ("context=a:b:c:s0-s0", "context=a:b:c:s0-s0", None, "1-"),
            ("sshd,user=root,label=ssh daemon:1-1", "ssh daemon", None, "1-1"),
            ("args~a:b,,c:2-", "args~a:b,,c", None, "2-"),
            ("sleep,label=a,,b:1-", "a,b", None, "1-"),
            ("args~:80,user=root:1-", "args~:80,user=root", None, "1-"),
            ("threads=10-20", "threads=10-20", None, "1-"),
            ("name=kworker/0:1:1-:1-", "name=kworker/0:1", Some("1-"), "1-"),
            ("cron:1-2:0-", "cron", Some("1-2"), "0-"),
            ("/usr/sbin/sshd:1", "/usr/sbin/sshd", None, "1-1"),
        ] {
            let expected =
                (label.to_owned(), warning.map(str::to_owned), Some(critical.to_owned()));
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_gone_wrong_are_no_names() {
        for (text, part) in [
            ("sshd:1.5-", "'1.5' is not a whole number"),
            ("sshd:1k-", "'1k' is not a whole number"),
            ("sshd:@1", "'@1' is not a whole number"),
            ("sleep,label=e:0-0,user=root", "the range 0-0 goes at the end"),
            ("nosuch:1-,label=ssh", "the range 1- goes at the end"),
            ("sleep,not-args~foo:0-0,user=root", "the range 0-0 goes at the end"),
            ("sshd:1-1:1-1:1-1", "the range 1-1 goes at the end"),
            ("sshd,label=a,label=b", "two labels"),
            ("not-sshd:0-0", "write not-name=sshd"),
            ("sshd:x-1", "'x' is not a whole number"),
            ("sshd:5-1", "write 1-5"),
            ("sshd:1-x", "'x' is not a whole number"),
            ("sshd:", "nothing follows the colon"),
            ("sshd:-", "has no number"),
            ("sshd:1-2-3", "'2-3' is not"),
            ("sshd:1:", "write sshd:1-"),
            (":1-1", "no process is named"),
            ("sshd:1-,user=root", "the range 1- goes at the end"),
            ("label=x:1-", "no process is named"),
            ("sshd,label=:1-", "'label' has no value"),
            ("sshd,label==x:1-", "write label=x"),
            ("sshd,label=x;user=root:1-", "write label=x,user=root"),
            ("kworker/0:1", "write name=kworker/0:1:1-:1- if it is, or kworker/0:1-1"),
            ("sshd:1:2", "write sshd:1-2"),
            ("cron:0:5", "write cron:0-5"),
            ("nginx:4-:0-2", "no number is OK: WARNING unless 4-, CRITICAL unless 0-2"),
            ("bash:0-", "the range 0- never alerts"),
            ("bash:0-:0-", "the range 0-:0- never alerts"),
            ("sshd:-1", "write 0-1"),
            ("bash.0-0", "follows a colon: bash:0-0; or write name=bash.0-0:1-:1-"),
            (
                "cron,user=root;1-1",
                "a range follows a colon: cron,user=root:1-1; or write user=root;1-1:1-",
            ),
            ("cron:~:5", "~:5 is a range of -w and -c; write cron:0-5"),
            ("cron,user=root::5", "write cron,user=root:0-5"),
            ("cron:5:", "write cron:5-"),
            ("name=bash0-0", "write name=bash0-0:1-:1-"),
            ("user~x:0z0", "ends like a range gone wrong"),
            ("bash\0:0-0", "a NUL"),
            ("sshd:1\u{202e}-", "'1\\u{202e}' is not a whole number"),
            ("sshd:1\u{202e}-,user=root", "the range 1\\u{202e}- goes at the end"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_domain_may_end_like_a_range_if_it_has_one() {
        let parse = |text: &str| {
            Spec::parse(text.as_bytes(), Subject::Domain, Thresholds::default()).is_ok()
        };
        assert!(parse("lxc-1-2:1-1") && parse("lxc-1-2:1-1:1-1"));
        assert!(!parse("init_t.1-1") && !parse("init_t 1-1"));
    }

    #[test]
    fn any_is_the_range_of_a_graph() {
        let spec = parse("bash:any").unwrap();
        assert_eq!((spec.label.as_str(), spec.thresholds), ("bash", Thresholds::default()));
        assert!(parse("bash:any,user=root").is_err());
        assert_eq!(parts("bash:1-2:any"), ("bash".into(), Some("1-2".into()), None));
    }

    #[test]
    fn a_measure_has_ranges_in_its_unit() {
        for (text, label, warning, critical) in [
            ("java,sum=rss:-6G:-8G", "java,sum=rss", Some("up to 6 GiB"), "up to 8 GiB"),
            ("max=age:-4h", "max=age", None, "up to 4h"),
            ("java,label=jvm,min=age:5m-", "jvm", None, "at least 5m"),
            (
                "java,label=jvm,max=cpu,user=root:-80:-95.5%",
                "jvm",
                Some("up to 80%"),
                "up to 95.5%",
            ),
            (
                "max=threads,context=a:b:c:s0-s0:-400",
                "max=threads,context=a:b:c:s0-s0",
                None,
                "0-400",
            ),
            ("tmux: server,sum=threads:2-9", "tmux: server,sum=threads", None, "2-9"),
        ] {
            let spec = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let unit = spec.measure.unwrap().unit;
            let shown = |range: Option<Range>| range.map(|range| range.wanted_in(unit));
            let Thresholds { warning: w, critical: c } = spec.thresholds;
            let expected = (label, warning.map(str::to_owned), Some(critical.to_owned()));
            assert_eq!((spec.label.as_str(), shown(w), shown(c)), expected, "{text}");
        }
        assert_eq!(parse("java,sum=rss:any").unwrap().thresholds, Thresholds::default());
    }

    #[test]
    fn measures_gone_wrong() {
        for (text, part) in [
            ("java,sum=rss", "a measure needs a range of its own; write java,sum=rss:-8G"),
            ("java,max=threads", "write java,max=threads:-400"),
            ("java,sum=rss:8G", "write -8G for at most 8G"),
            ("java,sum=rss:-8h", "'8h' is not a number of bytes"),
            ("java,max=threads:-8G", "'8G' is not a whole number"),
            ("java,max=age:@4h", "'@4h' is not a number of seconds"),
            ("java,sum=rss:", "nothing follows the colon; write -MAX"),
            ("java,sum=rss:-", "has no number; write -MAX"),
            ("java,sum=rss:0-", "the range 0- never alerts"),
            ("java,sum=rss:6G-:-2G", "no number is OK"),
            ("java,sum=rss:-6X:-8G", "'6X' is not a number of bytes"),
            ("java,args~x,sum=rss:-6G:-7G:-8G", "the range -6G goes at the end"),
            ("name=java:-4G,sum=rss:-8G", "the range -4G goes at the end"),
            ("java:1-,sum=rss:-8G", "the range 1- goes at the end"),
            ("java,sum=rss:-8G,user=root", "a measure needs a range of its own"),
            ("java,sum=name:-8G", "'name' is not an amount; a measure is of one of age, cpu,"),
            ("java,sum=uid:-8", "'uid' is not an amount"),
            ("java,sum=:-8", "'' is not an amount"),
            ("max=age:user=root:-4h", "unknown key 'age:user=root'"),
            ("java,sum=rsss:-8G", "unknown key 'rsss', perhaps rss"),
            ("java,sum=rss,max=rss:-8G", "two measures"),
            ("java,not-sum=rss:0-8", "a measure is written sum=KEY:RANGE"),
            ("java,sum~rss:0-8", "a measure is written sum=KEY:RANGE"),
            ("name=java;sum=rss:0-8", "write name=java,sum=rss"),
        ] {
            let error = parse(text).map(|spec| format!("{spec:?}")).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Selector::parse(b"java,sum=rss", Subject::Program).is_err());
    }

    #[test]
    fn the_fallback_serves_specs_without_a_range() {
        let fallback = Thresholds { warning: Range::parse("2:").ok(), critical: None };
        let spec = Spec::parse(b"sshd", Subject::Program, fallback).unwrap();
        assert_eq!(spec.thresholds, fallback);
        let spec = Spec::parse(b"sshd:3-", Subject::Program, fallback).unwrap();
        assert_eq!(spec.thresholds.critical.unwrap().wanted(), "3-");
        assert_eq!(spec.thresholds.warning, None);
    }
}
