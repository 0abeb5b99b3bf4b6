//! Applies a selector to a process, term by term.

use procwarden::count::value;
use procwarden::proc::fact::{self, Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::select::selector::{Question, Selector};

/// The answer to one term of a selector.
struct Answer {
    /// The term as we understood it: `user=root or user=daemon`.
    words: String,
    fits: Fact<bool>,
    /// The process's value, or what hides it.
    found: String,
    /// For the selector's subject: whether the process is that, or has a similar name.
    names_subject: Option<bool>,
}

/// The answers to all terms of a selector.
pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Evaluates all terms, also those after a no.
    ///
    /// # Errors
    /// If the process has ended.
    pub(super) fn of(selector: &Selector, process: &mut Process<'_>) -> Fact<Self> {
        let questions = selector.questions().iter();
        questions.map(|one| ask(one, selector, process)).collect::<Fact<_>>().map(Self)
    }

    /// Whether the process fits.
    ///
    /// # Errors
    /// If that depends on a hidden fact.
    pub(super) fn fit(&self) -> Fact<bool> {
        fact::all(self.0.iter().map(|one| one.fits))
    }

    /// Whether a process nearly fits: the selector's subject names it. Without a subject, whether only one
    /// of several terms excludes it.
    pub(super) fn nearly_fit(&self) -> bool {
        if let Some(is_named) = self.0.iter().find_map(|one| one.names_subject) {
            return is_named;
        }
        let others = self.0.iter().filter(|one| one.fits != Ok(true)).count();
        others == 1 && self.0.len() > 1
    }

    /// A line for each answer; without `with_yes`, only for those that are not a yes.
    pub(super) fn lines(&self, indent: &str, with_yes: bool) -> String {
        let shown = || self.0.iter().filter(|one| with_yes || one.fits != Ok(true));
        let width = shown().map(|one| one.words.chars().count()).max().unwrap_or_default();
        let line = |one: &Answer| {
            let Answer { words, found, .. } = one;
            let line = format!("{indent}{words:width$}  {:6}  {found}", word(one.fits));
            line.trim_end().to_owned() + "\n"
        };
        shown().map(line).collect()
    }
}

/// An answer as a word. A no stands out.
pub(super) const fn word(answer: Fact<bool>) -> &'static str {
    match answer {
        Ok(true) => "yes",
        Ok(false) => "NO",
        Err(_) => "hidden",
    }
}

fn ask(question: &Question, selector: &Selector, process: &mut Process<'_>) -> Fact<Answer> {
    let answer = question.answer(process);
    let value = value::shown(question.key(), process, usize::MAX);
    let found = match (answer, value) {
        (Err(Missing::Gone), _) | (_, Err(Missing::Gone)) => return Err(Missing::Gone),
        (Err(Missing::Hidden(hidden)), _) | (_, Err(Missing::Hidden(hidden))) => {
            hidden.explained("")
        }
        (Ok(_), Ok(value)) => value,
    };
    let is_named = |process: &mut Process<'_>| answer == Ok(true) || question.is_namesake(process);
    let names_subject = selector.is_subject(question).then(|| is_named(process));
    Ok(Answer { words: question.in_words(), fits: answer, found, names_subject })
}
