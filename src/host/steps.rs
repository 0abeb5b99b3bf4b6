//! The steps of a path, one at a time, as `path_resolution(7)` takes them.

use std::collections::VecDeque;
use std::path::{Component, Path, PathBuf};

/// The kernel follows no more links on one path (`MAXSYMLINKS`, `path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// There are too many links on the way.
#[derive(Debug)]
pub(crate) struct TooManyLinks;

/// What is left of a path: names and `..`. `.` and slashes say nothing.
#[derive(Debug)]
pub(crate) struct Steps {
    left: VecDeque<PathBuf>,
    links: usize,
}

impl Steps {
    pub(crate) fn of(path: &Path) -> Self {
        Self { left: steps(path).collect(), links: 0 }
    }

    pub(crate) fn next(&mut self) -> Option<PathBuf> {
        self.left.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Puts the target of a link before what is left.
    pub(crate) fn follow(&mut self, target: &Path) -> Result<(), TooManyLinks> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(TooManyLinks);
        }
        for step in steps(target).rev() {
            self.left.push_front(step);
        }
        Ok(())
    }
}

fn steps(path: &Path) -> impl DoubleEndedIterator<Item = PathBuf> {
    let is_step =
        |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_step).map(|part| PathBuf::from(part.as_os_str()))
}
