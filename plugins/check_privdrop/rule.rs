//! The rules by name, and sets of them. What each asks of a process is [`policy`](super::policy)'s.

/// A way to give up root only halfway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Rule {
    /// A group id, of whichever of the four kinds, is root's.
    GidRoot,
    /// A supplementary group is root's.
    GroupRoot,
    /// A user id other than the effective one is root's.
    UidRegain,
    /// It holds capabilities that nobody allowed.
    Caps,
    /// It is in a group that is as good as root.
    Groups,
    /// It holds some privilege and may still gain more by executing a program.
    NoNewPrivs,
}

impl Rule {
    /// All of them, in the order of reports.
    pub(crate) const ALL: [Self; 6] = [
        Self::GidRoot,
        Self::GroupRoot,
        Self::UidRegain,
        Self::Caps,
        Self::Groups,
        Self::NoNewPrivs,
    ];

    /// Its name in options, output and performance data.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GidRoot => "gid-root",
            Self::GroupRoot => "group-root",
            Self::UidRegain => "uid-regain",
            Self::Caps => "caps",
            Self::Groups => "groups",
            Self::NoNewPrivs => "no-new-privs",
        }
    }

    /// The rule of that name.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rule| rule.name() == name).ok_or_else(|| {
            format!("there is no rule '{name}'; rules are {}", RuleSet::ALL.names(", "))
        })
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleSet(u8);

impl RuleSet {
    /// Every rule there is.
    pub(crate) const ALL: Self = Self(0b11_1111);

    /// Those that are on unless `--rules` chooses: what they find is wrong on any host.
    pub(crate) const DEFAULT: Self =
        Self(Rule::GidRoot.bit() | Rule::GroupRoot.bit() | Rule::UidRegain.bit());

    /// Just this one.
    pub(crate) const fn of(rule: Rule) -> Self {
        Self(rule.bit())
    }

    /// Reads `gid-root,caps`; `default` and `all` stand for several.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        text.split(',').try_fold(Self::default(), |sum, word| {
            Ok(sum.union(match word.trim() {
                "all" => Self::ALL,
                "default" => Self::DEFAULT,
                name => Self::of(Rule::named(name)?),
            }))
        })
    }

    pub(crate) const fn contains(self, rule: Rule) -> bool {
        self.0 & rule.bit() != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Its rules, in the order of reports.
    pub(crate) fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.contains(*rule))
    }

    /// Their names.
    pub(crate) fn names(self, joint: &str) -> String {
        self.iter().map(Rule::name).collect::<Vec<_>>().join(joint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_in_the_set() {
        for rule in Rule::ALL {
            assert_eq!(RuleSet::parse(rule.name()), Ok(RuleSet::of(rule)));
            assert!(RuleSet::ALL.contains(rule));
        }
        let set = RuleSet::parse("caps,default").unwrap();
        assert_eq!(set.names("+"), "gid-root+group-root+uid-regain+caps");
        assert_eq!(set.without(RuleSet::DEFAULT).names("+"), "caps");
        let error = RuleSet::parse("gid-root,frob").unwrap_err();
        assert!(error.starts_with("there is no rule 'frob'; rules are gid-root, "), "{error}");
        assert!(RuleSet::parse("").is_err());
    }
}
