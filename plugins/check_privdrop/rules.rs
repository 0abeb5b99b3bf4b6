//! The rules by name, and sets of them. [`policy`](super::policy) says what each asks of a process.

use bitflags::bitflags;
use procwarden::text::error::Error;
use procwarden::text::escape;

bitflags! {
    /// A set of rules. Each rule is a way to give up root only halfway. Reports follow this order.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) struct Rules: u8 {
        /// One of the four group ids is root's.
        const GID_ROOT = 1;
        /// A supplementary group is root's.
        const GROUP_ROOT = 1 << 1;
        /// A user id other than the effective one is root's.
        const UID_REGAIN = 1 << 2;
        /// It holds capabilities that nobody allowed.
        const CAPS = 1 << 3;
        /// It is in a group that is as good as root.
        const GROUPS = 1 << 4;
        /// It holds some privilege and may still gain more by executing a program.
        const NO_NEW_PRIVS = 1 << 5;
        /// One of its threads has other credentials than the first.
        const THREADS = 1 << 6;
    }
}

/// The rules' names in options, output and performance data.
const NAMES: [(&str, Rules); 7] = [
    ("gid-root", Rules::GID_ROOT),
    ("group-root", Rules::GROUP_ROOT),
    ("uid-regain", Rules::UID_REGAIN),
    ("caps", Rules::CAPS),
    ("groups", Rules::GROUPS),
    ("no-new-privs", Rules::NO_NEW_PRIVS),
    ("threads", Rules::THREADS),
];

impl Rules {
    /// Those that are on unless `--rules` chooses: what they find is wrong on any host.
    pub(crate) const DEFAULT: Self = Self::GID_ROOT.union(Self::GROUP_ROOT).union(Self::UID_REGAIN);

    /// Reads `gid-root,caps`; `default` and `all` stand for several.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let named = |word: &str| {
            let found = NAMES.iter().find(|(name, _)| *name == word).map(|(_, rule)| *rule);
            found.ok_or_else(|| {
                let word = escape::text(word.as_bytes());
                let known = Self::all().names(", ");
                Error::new(format!("there is no rule '{word}'; rules are {known}"))
            })
        };
        text.split(',').try_fold(Self::empty(), |sum, word| {
            Ok(sum
                | match word.trim() {
                    "all" => Self::all(),
                    "default" => Self::DEFAULT,
                    name => named(name)?,
                })
        })
    }

    /// The names of its rules.
    pub(crate) fn names(self, joint: &str) -> String {
        let names = NAMES.iter().filter(|(_, rule)| self.contains(*rule)).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(joint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_in_the_set() {
        for rule in Rules::all() {
            assert_eq!(Rules::parse(&rule.names(",")), Ok(rule));
        }
        let set = Rules::parse("caps,default").unwrap();
        assert_eq!(set.names("+"), "gid-root+group-root+uid-regain+caps");
        assert_eq!((set - Rules::DEFAULT).names("+"), "caps");
        let error = Rules::parse("gid-root,frob").unwrap_err();
        assert!(
            error.to_string().starts_with("there is no rule 'frob'; rules are gid-root, "),
            "{error}"
        );
        assert!(Rules::parse("").is_err());
    }
}
