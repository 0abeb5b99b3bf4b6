//! Parses a command line as GNU's `getopt_long` does: `-w5`, `-kvv`, `--warn=5`, options after operands,
//! and `--` before operands that look like options.
//!
//! No crate supports its abbreviations, or that the value in `-C=x` is `=x`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use procwarden::text::error::Error;

/// Whether an option has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// `--name=value` or just `--name`.
    Maybe,
}

/// An option. Several names for the same option have the same `id`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt<I: 'static> {
    pub(super) id: I,
    pub(super) letter: Option<u8>,
    pub(super) names: &'static [&'static str],
    pub(super) takes: Takes,
    /// Whether it can't be abbreviated.
    pub(super) whole: bool,
}

/// An item of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word<I> {
    Option(I, OsString),
    Operand(OsString),
}

/// Parses `arguments` one by one. Callers must stop at an error.
pub(super) struct Words<'a, I: 'static> {
    options: &'static [Opt<I>],
    rest: std::slice::Iter<'a, OsString>,
    /// Letters after a dash that are not read yet.
    letters: &'a [u8],
    only_operands: bool,
}

impl<'a, I: Copy + PartialEq> Words<'a, I> {
    pub(super) fn new(options: &'static [Opt<I>], arguments: &'a [OsString]) -> Self {
        Self { options, rest: arguments.iter(), letters: b"", only_operands: false }
    }

    fn letter(&mut self, letter: u8) -> Result<Word<I>, Error> {
        let known = self.options.iter().find(|option| option.letter == Some(letter));
        let name = super::shown(&[letter]);
        let option = known.ok_or_else(|| format!("unknown option -{name}"))?;
        if option.takes != Takes::Value {
            return Ok(Word::Option(option.id, OsString::new()));
        }
        let attached = std::mem::take(&mut self.letters);
        if !attached.is_empty() {
            return Ok(Word::Option(option.id, OsStr::from_bytes(attached).to_owned()));
        }
        let value = self.rest.next().ok_or_else(|| format!("option -{name} needs a value"))?;
        Ok(Word::Option(option.id, value.clone()))
    }

    fn long(&mut self, text: &[u8]) -> Result<Word<I>, Error> {
        let sign = text.iter().position(|&byte| byte == b'=');
        let (name, value) = match sign {
            Some(sign) => (&text[..sign], Some(&text[sign + 1..])),
            None => (text, None),
        };
        let option = self.named(name)?;
        let name = super::shown(name);
        let value = match (option.takes, value) {
            (Takes::Nothing, Some(_)) => {
                return Err(format!("option --{name} takes no value").into());
            }
            (_, Some(value)) => OsString::from_vec(value.to_vec()),
            (Takes::Value, None) => {
                let next = self.rest.next();
                next.ok_or_else(|| format!("option --{name} needs a value"))?.clone()
            }
            (_, None) => OsString::new(),
        };
        Ok(Word::Option(option.id, value))
    }

    /// The option with this name, or the only one whose name begins with it.
    fn named(&self, name: &[u8]) -> Result<Opt<I>, Error> {
        let names = |option: &Opt<I>| option.names;
        let mut all = self.options.iter();
        if let Some(exact) = all.find(|o| names(o).iter().any(|known| known.as_bytes() == name)) {
            return Ok(*exact);
        }
        let begins = |known: &&&str| known.as_bytes().starts_with(name);
        let mut found = self
            .options
            .iter()
            .filter(|option| !option.whole && names(option).iter().any(|name| begins(&name)));
        let shown = super::shown(name);
        let first = found.next().ok_or_else(|| format!("unknown option --{shown}"))?;
        let others = found.filter(|other| other.id != first.id).collect::<Vec<_>>();
        if others.is_empty() {
            return Ok(*first);
        }
        let all = std::iter::once(first).chain(others);
        let all: Vec<_> = all.flat_map(|o| names(o).iter().filter(begins)).collect();
        let all = all.iter().map(|name| format!("--{name}")).collect::<Vec<_>>();
        Err(format!("--{shown} may be {}", all.join(" or ")).into())
    }
}

impl<I: Copy + PartialEq> Iterator for Words<'_, I> {
    type Item = Result<Word<I>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((&letter, rest)) = self.letters.split_first() {
            self.letters = rest;
            return Some(self.letter(letter));
        }
        let argument = self.rest.next()?;
        match argument.as_bytes() {
            _ if self.only_operands => Some(Ok(Word::Operand(argument.clone()))),
            b"--" => {
                self.only_operands = true;
                self.next()
            }
            [b'-', b'-', name @ ..] => Some(self.long(name)),
            [b'-', letters @ ..] if !letters.is_empty() => {
                self.letters = letters;
                self.next()
            }
            _ => Some(Ok(Word::Operand(argument.clone()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &[Opt<u8>] = &[
        Opt {
            id: b'w',
            letter: Some(b'w'),
            names: &["warning"],
            takes: Takes::Value,
            whole: false,
        },
        Opt {
            id: b'v',
            letter: Some(b'v'),
            names: &["verbose"],
            takes: Takes::Nothing,
            whole: false,
        },
        Opt {
            id: b's',
            letter: None,
            names: &["status", "state"],
            takes: Takes::Value,
            whole: false,
        },
        Opt {
            id: b'k',
            letter: Some(b'k'),
            names: &["no-kthreads"],
            takes: Takes::Maybe,
            whole: false,
        },
        Opt { id: b'o', letter: None, names: &["vert"], takes: Takes::Nothing, whole: true },
        Opt {
            id: b'V',
            letter: Some(b'V'),
            names: &["version"],
            takes: Takes::Nothing,
            whole: false,
        },
    ];

    fn read(line: &str) -> String {
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let words = Words::new(OPTIONS, &arguments).map(|word| match word {
            Ok(Word::Option(id, value)) => format!("{}({})", char::from(id), value.display()),
            Ok(Word::Operand(operand)) => operand.display().to_string(),
            Err(error) => error.to_string(),
        });
        words.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn options_are_read_as_getopt_reads_them() {
        for (line, wanted) in [
            ("-w 5 -v", "w(5); v()"),
            ("-w5 -vvk", "w(5); v(); v(); k()"),
            ("-kw5", "k(); w(5)"),
            ("-w=5", "w(=5)"),
            ("-w -v", "w(-v)"),
            ("--warning=5 --warn 6 --warn= 7", "w(5); w(6); w(); 7"),
            ("--no-k --no-kthreads=x 1", "k(); k(x); 1"),
            ("--sta=Z --stat Z --state=Z", "s(Z); s(Z); s(Z)"),
            ("--vert --vers", "o(); V()"),
            ("1 -v 2 -- -v -", "1; v(); 2; -v; -"),
            ("-", "-"),
        ] {
            assert_eq!(read(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_no_option_is_reported() {
        for (line, wanted) in [
            ("-x", "unknown option -x"),
            ("-kx", "k(); unknown option -x"),
            ("--frob=1", "unknown option --frob"),
            ("-w", "option -w needs a value"),
            ("--warning", "option --warning needs a value"),
            ("--verbose=2", "option --verbose takes no value"),
            ("--ver", "--ver may be --verbose or --version"),
        ] {
            assert_eq!(read(line), wanted, "{line}");
        }
    }
}
