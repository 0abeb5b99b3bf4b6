//! What a selector says of a process, term by term.

use procwarden::count::value;
use procwarden::proc::fact::{self, Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::select::selector::{Question, Selector};

/// One question of a selector, put to one process.
struct Answer {
    /// As it was understood: `user=root or user=daemon`.
    words: String,
    fits: Fact<bool>,
    /// What the process has there, or what hides it.
    found: String,
    /// Whether it asks for the selector's subject, and the process is that, or is called like it.
    names_subject: Option<bool>,
}

/// All questions of a selector, put to one process.
pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Asks all of them, also those behind a no.
    ///
    /// # Errors
    /// When the process has ended.
    pub(super) fn of(selector: &Selector, process: &mut Process<'_>) -> Fact<Self> {
        let questions = selector.questions().iter();
        questions.map(|one| ask(one, selector, process)).collect::<Fact<_>>().map(Self)
    }

    /// Whether the process fits.
    ///
    /// # Errors
    /// When that hangs on a hidden fact.
    pub(super) fn fit(&self) -> Fact<bool> {
        fact::all(self.0.iter().map(|one| one.fits))
    }

    /// Whether a process that does not fit is what the selector's subject names; where it has none,
    /// whether one of several terms alone turns it away.
    pub(super) fn nearly_fit(&self) -> bool {
        if let Some(is_named) = self.0.iter().find_map(|one| one.names_subject) {
            return is_named;
        }
        let others = self.0.iter().filter(|one| one.fits != Ok(true)).count();
        others == 1 && self.0.len() > 1
    }

    /// A line for each, or for each that is not a yes.
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
