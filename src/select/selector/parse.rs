//! The grammar of selectors: `TERM { "," TERM }`, with a bare value as the first term if wanted.
//!
//! A comma that belongs to a value is written twice. Everything that is wrong is told here, before
//! any scan.

use std::str;

use super::value::{exact, regex};
use super::{Key, Kind, Question, Row, Selector, Subject, Test, bare, hint, slip};
use crate::text::error::Error;
use crate::text::escape;

/// Begins a term that must hold beside another one of the same key, and is no alternative to it.
const ALSO: &[u8] = b"and-";

impl Selector {
    /// Reads a selector; a bare first term means `subject`.
    ///
    /// # Errors
    /// The offending term, and what would be right.
    pub fn parse(text: &[u8], subject: Subject) -> Result<Self, Error> {
        selector(text, subject)
    }
}

fn selector(text: &[u8], subject: Subject) -> Result<Selector, Error> {
    if text.contains(&0) {
        return Err(Error::new("it holds a NUL byte; write plain UTF-8 text"));
    }
    let mut questions: Vec<Question> = Vec::new();
    let mut first = None;
    let terms: Vec<_> = split_terms(text).into_iter().map(unquoted).collect();
    for (at, term) in terms.iter().enumerate() {
        let mut written = escape::text(term);
        let (mut key, negated, test) = match Written::read(term) {
            Some(term) => term.mean().map_err(|error| split_value(&terms, at).unwrap_or(error))?,
            None if at == 0 => {
                refuse_split_key(term, terms.get(1))?;
                let (key, test) = bare(term, subject)?;
                written.insert_str(0, &format!("{}=", key.name()));
                (key, false, test)
            }
            None => return Err(Error::new(no_term(&terms, at))),
        };
        // Beside another `exe=` a bare path is one of two, either of which will do.
        if key == Key::Path && terms.iter().any(|term| asks_for_exe(term)) {
            key = Key::Exe;
        }
        if at == 0 && !negated {
            first = Some(key);
        }
        let same = |question: &&mut Question| question.key == key && question.negated == negated;
        let also = term.starts_with(ALSO);
        if let Some(question) = questions.iter_mut().rfind(same).filter(|_| !also) {
            question.tests.push(test);
            question.written.push(written);
        } else {
            let (tests, written) = (vec![test], vec![written]);
            questions.push(Question { key, negated, tests, written });
        }
    }
    if questions.iter().all(|question| question.key == Key::Pidfile) {
        return Err(Error::new(
            "pidfile= needs another term, since a number is used again; write NAME,pidfile=/PATH",
        ));
    }
    // Stable, so that of equal ones the one written first is asked first.
    questions.sort_by_key(|question| question.key.rank());
    let names_something = |key: &Key| {
        matches!(
            key,
            Key::Name
                | Key::Comm
                | Key::Exe
                | Key::Path
                | Key::Args
                | Key::Cmd
                | Key::Domain
                | Key::Unit
        )
    };
    Ok(Selector { text: escape::text(text), questions, subject: first.filter(names_something) })
}

/// The terms of a selector as they are written; a comma inside of one stands there twice.
pub(crate) fn split_terms(text: &[u8]) -> Vec<&[u8]> {
    let mut terms = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with(b",,") {
            at += 1;
        } else if text[at] == b',' {
            terms.push(&text[start..at]);
            start = at + 1;
        }
        at += 1;
    }
    terms.push(&text[start..]);
    terms
}

/// What a term says, with `,,` turned into the comma that it stands for.
pub(crate) fn unquoted(term: &[u8]) -> Vec<u8> {
    let mut is_first_of_two = false;
    let is_meant = |byte: &&u8| {
        is_first_of_two = **byte == b',' && !is_first_of_two;
        !is_first_of_two
    };
    term.iter().filter(is_meant).copied().collect()
}

fn asks_for_exe(term: &[u8]) -> bool {
    Written::read(term).is_some_and(|written| written.key == "exe" && !written.negated)
}

fn bare(value: &[u8], subject: Subject) -> Result<(Key, Test), Error> {
    bare::check(value, subject)?;
    let (key, kind) = match subject {
        Subject::Domain => (Key::Domain, Kind::Text),
        Subject::Program if value.starts_with(b"/") => (Key::Path, Kind::Path),
        Subject::Program => (Key::Name, Kind::Text),
    };
    Ok((key, exact(key, kind, value)?))
}

/// Refuses `p,pid=1`: a comma too many in `ppid=1`.
fn refuse_split_key(first: &[u8], second: Option<&Vec<u8>>) -> Result<(), Error> {
    let Some(second) = second.and_then(|term| Written::read(term)) else { return Ok(()) };
    let first = escape::text(first);
    let whole = format!("{first}{}", second.key);
    if second.negated || Key::named(&whole).is_none() {
        return Ok(());
    }
    let key = second.key;
    Err(Error::new(format!(
        "a comma splits the key '{whole}'; write {whole}=VALUE, or name={first},{key}=VALUE"
    )))
}

/// Whether a value ends at a comma that belongs to it, as in `args~x{1,3}`.
fn split_value(terms: &[Vec<u8>], at: usize) -> Option<Error> {
    let next = terms.get(at + 1).filter(|next| Written::read(next).is_none())?;
    let whole = [terms[at].as_slice(), next].join(&b',');
    Written::read(&whole)?.mean().ok()?;
    let (first, next) = (escape::text(&terms[at]), escape::text(next));
    Some(Error::new(format!("a comma inside a value is written twice: {first},,{next}")))
}

/// What is wrong with a term that has no key, and is not the first.
fn no_term(terms: &[Vec<u8>], at: usize) -> String {
    let term = &terms[at];
    if term.is_empty() {
        return "a term is empty; a comma inside a value is written twice".into();
    }
    if let Err(error) = bare::check(term, Subject::Program) {
        return error.to_string();
    }
    let shown = escape::text(term);
    let before = at.checked_sub(1).and_then(|before| Written::read(&terms[before]));
    let state = before.filter(|before| before.key == "state" && !before.negated);
    if let Some(state) = state.filter(|_| exact(Key::State, Kind::Letters, term).is_ok()) {
        let letters = escape::text(state.value);
        return format!("letters of several states stand together; write state={letters}{shown}");
    }
    if Written::read(&terms[0]).is_some() {
        let mut rest = terms.to_vec();
        rest.remove(at);
        let rest = escape::text(&rest.join(&b','));
        return format!("'{shown}' is not KEY=VALUE; a name goes first: write {shown},{rest}");
    }
    format!("'{shown}' is not KEY=VALUE or KEY~REGEX; a comma inside a value is written twice")
}

/// A term as it was written: `[not-]KEY=VALUE` or `[not-]KEY~REGEX`.
struct Written<'t> {
    /// The key with all that was written before it, such as `not-`.
    prefixed: &'t str,
    key: &'t str,
    negated: bool,
    is_regex: bool,
    value: &'t [u8],
}

impl<'t> Written<'t> {
    /// `None` if it has not the form, and is bare.
    fn read(term: &'t [u8]) -> Option<Self> {
        let sign = term.iter().position(|byte| matches!(byte, b'=' | b'~'))?;
        let key = str::from_utf8(&term[..sign]).ok()?;
        // Whatever may be a key gone wrong is none of a name: `State=D:0-0` would be OK for ever.
        let may_be_of_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if key.trim().is_empty() || !key.trim().bytes().all(may_be_of_key) {
            return None;
        }
        let prefixed = key;
        let key = key.strip_prefix("and-").unwrap_or(key);
        let (key, negated) = key.strip_prefix("not-").map_or((key, false), |key| (key, true));
        Some(Self {
            prefixed,
            key,
            negated,
            is_regex: term[sign] == b'~',
            value: &term[sign + 1..],
        })
    }

    fn mean(&self) -> Result<(Key, bool, Test), Error> {
        match self.key {
            "label" => return Err(Error::new("a label is written label=TEXT, in a spec")),
            "lasting" => return Err(Error::new("it is written lasting=yes, in a spec")),
            "each" => return Err(Error::new("groups are written each=KEY, in a spec")),
            word if hint::OF_SPECS.contains(&word) => {
                return Err(Error::new(format!(
                    "a measure is written {word}=KEY:RANGE, in a spec"
                )));
            }
            _ => {}
        }
        let &Row { key, kind, .. } =
            Key::named(self.key).ok_or_else(|| Error::new(hint::unknown_key(self.prefixed)))?;
        if self.value.is_empty() {
            return Err(Error::new(format!(
                "'{}' has no value; write {}=VALUE",
                self.key, self.key
            )));
        }
        let test = if self.is_regex {
            slip::in_regex(self.key, self.value)?;
            regex(self.key, kind, self.value)?
        } else {
            slip::in_exact(key, kind, self.value)?;
            exact(key, kind, self.value)?
        };
        Ok((key, self.negated, test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<(Key, bool, usize)> {
        let parsed = selector(text.as_bytes(), Subject::Program).unwrap();
        parsed.questions.iter().map(|q| (q.key, q.negated, q.tests.len())).collect()
    }

    fn error(text: &str) -> String {
        selector(text.as_bytes(), Subject::Program).unwrap_err().to_string()
    }

    #[test]
    fn terms_of_one_key_are_one_question() {
        assert_eq!(
            keys("sshd,user=root,not-ppid=1,user=daemon"),
            [(Key::Name, false, 1), (Key::User, false, 2), (Key::Ppid, true, 1)]
        );
    }

    #[test]
    fn a_bare_first_term_is_the_subject() {
        assert_eq!(keys("/usr/sbin/sshd"), [(Key::Path, false, 1)]);
        assert_eq!(keys("/usr/sbin/a,exe=/usr/sbin/b"), [(Key::Exe, false, 2)]);
        assert_eq!(keys("tmux: server"), [(Key::Name, false, 1)]);
        assert_eq!(keys("name=a b=c"), [(Key::Name, false, 1)]);
        let domain = selector(b"/usr/sbin/cupsd", Subject::Domain).unwrap();
        assert_eq!(domain.questions[0].key, Key::Domain);
    }

    #[test]
    fn a_doubled_comma_is_one_inside_the_value() {
        assert_eq!(keys("args~x{1,,3}"), [(Key::Args, false, 1)]);
        assert_eq!(split_terms(b"a,,b,,,c,"), [&b"a,,b,,"[..], b"c", b""]);
        assert_eq!(unquoted(b"a,,b,,,,"), b"a,b,,");
    }

    #[test]
    fn what_an_option_is_called_is_no_lost_term() {
        for text in
            ["args~--user=mysql", "args~^x -user=root", "args~ --name=a", "name~a b ", "name=A=b"]
        {
            assert!(selector(text.as_bytes(), Subject::Program).is_ok(), "{text}");
        }
    }

    #[test]
    fn and_begins_a_question_of_its_own() {
        assert_eq!(
            keys("args~x,and-args~y,args~z"),
            [(Key::Args, false, 1), (Key::Args, false, 2)]
        );
    }

    #[test]
    fn cheap_questions_come_first() {
        assert_eq!(
            keys("parent=x,args~y,user=root,name=z").iter().map(|k| k.0).collect::<Vec<_>>(),
            [Key::Name, Key::User, Key::Args, Key::Parent]
        );
    }

    #[test]
    fn an_amount_is_a_range() {
        let amounts = super::super::KEYS.iter().filter(|row| !row.key.is_id());
        for row in amounts.filter(|row| matches!(row.kind, Kind::Number(_))) {
            let name = row.name;
            for text in [format!("{name}=7"), format!("x,not-{name}=7"), format!("{name}=2")] {
                let wanted = format!("{name}=-");
                assert!(error(&text).contains(&wanted), "{text}: {}", error(&text));
            }
            for range in ["7-", "-7", "0-7", "7-7"] {
                assert_eq!(keys(&format!("{name}={range}")), [(row.key, false, 1)]);
            }
        }
        for text in ["threads=1", "children=0", "fds=0", "pid=7", "ppid=1", "uid=33", "rgid=0"] {
            assert_eq!(keys(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_reported() {
        for (text, part) in [
            ("", "no process is named"),
            ("frob=1", "unknown key 'frob'; keys are name exe"),
            ("State=D", "unknown key 'State'"),
            ("not_user=root", "unknown key 'not_user'"),
            (" user=root", "leave out the blank beside 'user'"),
            ("name==bash", "write name=bash"),
            ("name=~^bash", "write name~^bash"),
            ("name= bash", "there is a blank next to 'bash'; write name=bash"),
            ("user=root ", "write user=root"),
            ("args~=bash", "write args~bash, or args~[=]bash"),
            ("args~~bash", "write args~bash, or args~[~]bash"),
            ("name=\"bash\"", "write name=bash"),
            ("name=^bash$", "write name~^bash$"),
            ("args=catalina", "write args~catalina, or args~^catalina$"),
            ("name=bash;user=root", "write name=bash,user=root, or name~bash;user[=]root"),
            ("bash|user=root", "write bash,user=root"),
            ("bash\tuser=root", "write bash,user=root"),
            ("name=bash|user=root", "write name=bash,user=root"),
            ("state=D,Z", "write state=DZ"),
            ("name=bash,,user=root", "write name=bash,user=root"),
            ("args~-D.user=root", "write args~-D,user=root, or args~-D.user[=]root"),
            ("unit=*", "no unit is called '*'"),
            ("mode=complian", "is not a mode; write one of enforce, complain"),
            ("name=a\0", "a NUL"),
            ("rss=\u{202e}1", "'\\u{202e}1' is not a number of bytes"),
            ("sshd, user=root", "leave out the blank beside 'user'"),
            ("user=root,sshd", "a name goes first: write sshd,user=root"),
            ("args~x{1,3}", "a comma inside a value is written twice: args~x{1,,3}"),
            ("p,pid=1", "a comma splits the key 'ppid'; write ppid=VALUE, or name=p,pid=VALUE"),
            ("r,user=root", "write ruser=VALUE, or name=r,user=VALUE"),
            ("usr=root", "unknown key 'usr', perhaps user"),
            ("sshd,label~x", "written label=TEXT"),
            ("sshd,root", "'root' is not KEY=VALUE"),
            ("sshd,", "a term is empty"),
            ("rss>1G", "write rss=MIN- or rss=0-MAX"),
            ("age>=5m", "write age=MIN- or age=0-MAX"),
            ("user:root", "write user=VALUE"),
            ("state!=D", "write not-state=VALUE"),
            ("sshd,user!=root", "write not-user=VALUE"),
            ("age=", "'age' has no value"),
            ("age=x", "'x' is not a number of seconds"),
            ("uid=5-1", "write 1-5"),
            (
                "rsync,rss=1M",
                "rss=1M means exactly 1M; write rss=1M- for at least 1M, or rss=-1M for at most 1M",
            ),
            ("age=0", "write age=0- for at least 0"),
            ("fds=1024", "write fds=1024- for"),
            ("user=nosuchuser", "there is no user 'nosuchuser'"),
            ("group=nosuchgroup", "there is no group 'nosuchgroup'"),
            ("args~(", "is not a regular expression"),
            ("uid~1", "compares no text"),
            ("state=Q", "is not a state"),
            ("container=maybe", "write yes or no"),
            ("exe=sshd", "not an absolute path"),
            ("unit=cron.timer", "'cron.timer' is a timer, which has no processes itself"),
        ] {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }
}
