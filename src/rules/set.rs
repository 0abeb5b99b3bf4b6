//! Sets of a plugin's rules.

use std::fmt::Debug;

use bitflags::Flags;

use crate::text::error::Error;
use crate::text::escape;
use crate::text::nearest::nearest;

/// A set of a plugin's rules: a `bitflags!` type with one flag per rule. Reports list rules in the
/// order of the flags.
pub trait RuleSet: Flags + Copy + Debug + Default + Ord + Send + Sync + 'static {
    /// Each rule's name in options, output and performance data.
    const NAMES: &'static [(&'static str, Self)];

    /// The rules that are on without `--rules`. What they find is wrong on any host.
    const DEFAULT: Self;

    /// The rules that are a WARNING unless `--crit-on` names them. The others are CRITICAL.
    const MILD: Self;

    /// Parses `gid-root,caps`. `default` and `all` stand for several rules.
    ///
    /// # Errors
    /// A rule that does not exist.
    fn parse(text: &str) -> Result<Self, Error> {
        Ok(Chosen::parse(text)?.rules)
    }

    /// The names of the rules in the set.
    fn names(self, joint: &str) -> String {
        let names = Self::NAMES.iter().filter(|(_, rule)| self.contains(*rule));
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(joint)
    }

    /// The number of rules in the set.
    fn count(self) -> usize {
        self.iter().count()
    }

    /// The union of several sets.
    fn union_of(sets: impl IntoIterator<Item = Self>) -> Self {
        sets.into_iter().fold(Self::empty(), Self::union)
    }
}

/// The rules that an option selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<R> {
    /// All of them.
    pub rules: R,
    /// Those that have their own name in the option, not just `default` or `all`.
    pub named: R,
}

impl<R: RuleSet> Chosen<R> {
    /// As [`RuleSet::parse`].
    ///
    /// # Errors
    /// A rule that does not exist.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut chosen = Self { rules: R::empty(), named: R::empty() };
        for word in text.split(',').map(str::trim) {
            match word {
                "all" => chosen.rules.insert(R::all()),
                "default" => chosen.rules.insert(R::DEFAULT),
                name => chosen.named.insert(named(name)?),
            }
        }
        chosen.rules.insert(chosen.named);
        Ok(chosen)
    }
}

fn named<R: RuleSet>(word: &str) -> Result<R, Error> {
    let found = R::NAMES.iter().find(|(name, _)| *name == word).map(|(_, rule)| *rule);
    found.ok_or_else(|| {
        let shown = escape::text(word.as_bytes());
        let right = match nearest(word, R::NAMES.iter().map(|(name, _)| *name)) {
            Some(name) => format!(", perhaps {name}"),
            None => format!("; rules are {}", R::all().names(", ")),
        };
        Error::new(format!("there is no rule '{shown}'{right}"))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use bitflags::bitflags;

    bitflags! {
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct Three: u8 {
            const ONE = 1;
            const TWO = 1 << 1;
            const SIX = 1 << 2;
        }
    }

    impl RuleSet for Three {
        const NAMES: &'static [(&'static str, Self)] =
            &[("one", Self::ONE), ("two", Self::TWO), ("six", Self::SIX)];
        const DEFAULT: Self = Self::ONE.union(Self::TWO);
        const MILD: Self = Self::TWO;
    }

    #[test]
    fn what_is_named_is_in_the_set() {
        for rule in Three::all() {
            assert_eq!(Three::parse(&rule.names(",")), Ok(rule));
        }
        let set = Chosen::<Three>::parse("six,default").unwrap();
        assert_eq!((set.rules.names("+"), set.named), ("one+two+six".into(), Three::SIX));
        let error = Three::parse("one,frob").unwrap_err().to_string();
        assert_eq!(error, "there is no rule 'frob'; rules are one, two, six");
        let error = Three::parse("twos").unwrap_err().to_string();
        assert_eq!(error, "there is no rule 'twos', perhaps two");
        assert!(Three::parse("").is_err());
    }
}
