//! The answer to the question that was asked last. Processes that were forked from one ask the same.

use std::cell::RefCell;

use procwarden::proc::fact::Fact;

/// Keeps one question, as text, and its answer.
#[derive(Debug)]
pub(crate) struct Last<T>(RefCell<Option<(Vec<u8>, T)>>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: Clone> Last<T> {
    /// The answer to a question, which is found unless the last question was the same.
    ///
    /// # Errors
    /// Those of `find`.
    pub(crate) fn answer(&self, question: &[u8], find: impl FnOnce() -> Fact<T>) -> Fact<T> {
        if let Some((_, answer)) = self.0.borrow().as_ref().filter(|(last, _)| last == question) {
            return Ok(answer.clone());
        }
        let answer = find()?;
        self.0.replace(Some((question.to_vec(), answer.clone())));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use procwarden::proc::fact::Missing;

    use super::*;

    #[test]
    fn only_the_last_question_is_known() {
        let last = Last::default();
        let known = |question: &str| last.answer(question.as_bytes(), || Err(Missing::Gone));
        assert_eq!(known("a"), Err(Missing::Gone));
        for (question, answer) in [("a", 1), ("b", 2)] {
            assert_eq!(last.answer(question.as_bytes(), || Ok(answer)), Ok(answer));
            assert_eq!(known(question), Ok(answer));
        }
        assert_eq!(known("a"), Err(Missing::Gone));
    }
}
