//! Translates POSIX extended regular expressions into the syntax of the `regex` crate.
//!
//! The two look alike, but the same text may mean different things. In POSIX `\d` is the letter d,
//! `[a&&b]` has no operator, and `a+?` makes `a+` optional. So this module parses an expression as
//! glibc's `regcomp` does, and writes each part in a form that is unambiguous to the crate. It refuses
//! what has no translation.

use crate::text::error::Error;

/// Longest expression, in bytes.
const LONGEST: usize = 1000;

/// Deepest nesting of parentheses. Deep nesting crashes glibc's `regcomp`.
const DEEPEST: usize = 50;

/// The greatest number in braces that POSIX guarantees (`RE_DUP_MAX`).
const MOST: u32 = 255;

/// Translates `expression`, which is not anchored. Compile the result with `dot_matches_new_line`: to
/// POSIX a newline is a character like any other.
///
/// # Errors
/// What is wrong with the expression, or what can't be translated.
pub fn translated(expression: &[u8]) -> Result<String, Error> {
    if expression.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes").into());
    }
    let mut reader = Reader { rest: expression, depth: 0 };
    let mut out = String::new();
    reader.alternatives(&mut out, true)?;
    Ok(out)
}

/// An expression of the `regex` crate that matches `text` literally. It contains no character that has a
/// meaning in a spec.
pub fn literal(text: &[u8]) -> String {
    let mut out = String::new();
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_char(&mut out, c));
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("(?-u:\\x{byte:02X})")));
    }
    out
}

/// What was parsed last. It decides what may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing to repeat.
    Nothing,
    /// `^`, `$`, or a group that contains one.
    Anchor,
    /// A part that begins at this offset of the output.
    Part(usize),
    /// A part with a repetition.
    Repeated(usize),
    /// A byte beyond ASCII, perhaps not a whole character.
    Byte,
}

/// Which anchors a group contains.
#[derive(Clone, Copy, Default)]
struct Anchors {
    begin: bool,
    end: bool,
}

struct Reader<'e> {
    rest: &'e [u8],
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    /// Parses up to the end, or to the parenthesis that closes the group. Returns the anchors in it.
    ///
    /// `^` is accepted only at the beginning of the whole expression, and `$` only at its end. Elsewhere
    /// they should never match, but in glibc `^` sometimes matches at the end of a text.
    fn alternatives(&mut self, out: &mut String, begins: bool) -> Result<Anchors, Error> {
        let mut found = Anchors::default();
        let mut last = Last::Nothing;
        let (mut at_begin, mut at_end) = (begins, false);
        while let Some(&byte) = self.rest.first() {
            if byte == b')' && self.depth > 0 {
                break;
            }
            self.next();
            if at_end && byte != b'|' {
                return Err("something follows a $".into());
            }
            let start = out.len();
            last = match byte {
                b'|' => {
                    out.push('|');
                    Last::Nothing
                }
                b'^' if at_begin => {
                    found.begin = true;
                    out.push('^');
                    Last::Anchor
                }
                b'^' => {
                    return Err("something comes before a ^; write \\^ for the character".into());
                }
                b'$' => {
                    found.end = true;
                    out.push('$');
                    Last::Anchor
                }
                b'(' => {
                    let inner = self.group(out, at_begin)?;
                    found.begin |= inner.begin;
                    found.end |= inner.end;
                    at_end = inner.end;
                    if inner.begin || inner.end { Last::Anchor } else { Last::Part(start) }
                }
                _ => self.part(byte, last, out)?,
            };
            at_begin = if byte == b'|' { begins } else { at_begin && byte == b'^' };
            at_end = byte == b'$' || (at_end && byte == b'(');
        }
        Ok(found)
    }

    /// Parses a part that is neither a group nor an anchor, or a repetition of the last part.
    fn part(&mut self, byte: u8, last: Last, out: &mut String) -> Result<Last, Error> {
        let start = out.len();
        match byte {
            b'*' | b'+' | b'?' | b'{' => {
                let times = self.times(byte)?;
                return repeat(out, last, &times, byte);
            }
            b'\\' => return self.escaped(out),
            b'[' => self.bracket(out)?,
            b'.' => out.push('.'),
            byte => return Ok(self.itself(byte, out)),
        }
        Ok(Last::Part(start))
    }

    fn group(&mut self, out: &mut String, begins: bool) -> Result<Anchors, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("parentheses are nested deeper than {DEEPEST}").into());
        }
        out.push('(');
        let found = self.alternatives(out, begins)?;
        self.next().ok_or("a ( is not closed")?;
        out.push(')');
        self.depth -= 1;
        Ok(found)
    }

    /// Copies a literal character. One beyond ASCII is copied whole, if it is UTF-8.
    fn itself(&mut self, byte: u8, out: &mut String) -> Last {
        let start = out.len();
        if byte.is_ascii() {
            push_char(out, char::from(byte));
            return Last::Part(start);
        }
        let length = self.rest.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        let (tail, rest) = self.rest.split_at(length);
        self.rest = rest;
        out.push_str(&literal(&[&[byte], tail].concat()));
        Last::Byte
    }

    fn escaped(&mut self, out: &mut String) -> Result<Last, Error> {
        let start = out.len();
        let meaning = match self.next() {
            None => return Err("it ends in a \\".into()),
            Some(digit @ b'1'..=b'9') => {
                let digit = char::from(digit);
                return Err(format!("back references such as \\{digit} are not supported").into());
            }
            Some(b'w') => "[0-9A-Za-z_]",
            Some(b'W') => "[^0-9A-Za-z_]",
            Some(b's') => "[\\t-\\r ]",
            Some(b'S') => "[^\\t-\\r ]",
            Some(byte @ (b'b' | b'B' | b'<' | b'>' | b'`' | b'\'')) => {
                let byte = char::from(byte);
                return Err(format!("\\{byte} is not supported; write what stands there").into());
            }
            Some(byte) => return Ok(self.itself(byte, out)),
        };
        out.push_str(meaning);
        Ok(Last::Part(start))
    }

    /// Parses a repetition, whose `*`, `+`, `?` or `{` has been read.
    fn times(&mut self, sign: u8) -> Result<String, Error> {
        if sign != b'{' {
            return Ok(char::from(sign).to_string());
        }
        let end = self.rest.iter().position(|&byte| byte == b'}').ok_or("a { is not closed")?;
        let text = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        let wrong = || Error::new(format!("{{{text}}} is not {{N}}, {{N,}}, {{,M}} or {{N,M}}"));
        let number = |digits: &str| -> Result<Option<u32>, Error> {
            if digits.is_empty() {
                return Ok(None);
            }
            if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(wrong());
            }
            let value = digits.parse().ok().filter(|&value| value <= MOST);
            value.map(Some).ok_or_else(|| Error::new(format!("{{{text}}} is more than {MOST}")))
        };
        let (least, most) = if let Some((least, most)) = text.split_once(',') {
            (number(least)?.unwrap_or(0), number(most)?)
        } else {
            let exactly = number(&text)?.ok_or_else(wrong)?;
            (exactly, Some(exactly))
        };
        if most.is_some_and(|most| most < least) {
            return Err(wrong());
        }
        Ok(format!("{{{least},{}}}", most.map_or(String::new(), |most| most.to_string())))
    }

    /// Parses a bracket expression, whose `[` has been read.
    fn bracket(&mut self, out: &mut String) -> Result<(), Error> {
        const UNCLOSED: &str = "a [ is not closed";
        out.push('[');
        if self.rest.first() == Some(&b'^') {
            self.next();
            out.push('^');
        }
        let mut is_first = true;
        loop {
            let byte = self.next().ok_or(UNCLOSED)?;
            if byte == b']' && !is_first {
                break;
            }
            let is_last = self.rest.first() == Some(&b']');
            if byte == b'-' && !is_first && !is_last {
                return Err("a - in [ ] must be the first, the last, or between two".into());
            }
            is_first = false;
            if byte == b'[' && self.rest.first() == Some(&b':') {
                self.class(out)?;
                if self.rest.starts_with(b"-") && !self.rest.starts_with(b"-]") {
                    return Err("a class such as [:alpha:] can't begin a range".into());
                }
                continue;
            }
            let from = self.element(byte)?;
            if !self.rest.starts_with(b"-") || self.rest.starts_with(b"-]") {
                push_ascii(out, from);
                continue;
            }
            self.next();
            let byte = self.next().ok_or(UNCLOSED)?;
            if byte == b'-' || (byte == b'[' && self.rest.first() == Some(&b':')) {
                return Err("a range in [ ] has no end".into());
            }
            let to = self.element(byte)?;
            if to < from {
                let (from, to) = (char::from(from), char::from(to));
                return Err(format!("the range {from}-{to} is upside down").into());
            }
            push_ascii(out, from);
            out.push('-');
            push_ascii(out, to);
        }
        out.push(']');
        Ok(())
    }

    /// Parses one character of a bracket expression, which may be written `[.x.]` or `[=x=]`.
    fn element(&mut self, byte: u8) -> Result<u8, Error> {
        if !byte.is_ascii() {
            return Err("[ ] with characters beyond ASCII is not supported".into());
        }
        match (byte, self.rest.first()) {
            (b'[', Some(&sign @ (b'.' | b'='))) => match *self.rest {
                [_, inner, end, b']', ref rest @ ..] if end == sign && inner.is_ascii() => {
                    self.rest = rest;
                    Ok(inner)
                }
                _ => Err("of [. .] and [= =] only those of one character are supported".into()),
            },
            _ => Ok(byte),
        }
    }

    /// Parses a class such as `[:digit:]`, whose `[` has been read.
    fn class(&mut self, out: &mut String) -> Result<(), Error> {
        const CLASSES: [&str; 12] = [
            "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print",
            "graph", "cntrl", "xdigit",
        ];
        let end = self.rest.windows(2).position(|pair| pair == b":]");
        let name = end.and_then(|end| self.rest.get(1..end)).unwrap_or_default();
        let Some(known) = CLASSES.into_iter().find(|class| class.as_bytes() == name) else {
            return Err(
                format!("there is no such class; classes are {}", CLASSES.join(", ")).into()
            );
        };
        self.rest = &self.rest[known.len() + 3..];
        out.push_str(&format!("[:{known}:]"));
        Ok(())
    }
}

/// Repeats the last part. If it has a repetition already, it goes into a group first: to the crate
/// `a+?` means something else.
fn repeat(out: &mut String, last: Last, times: &str, sign: u8) -> Result<Last, Error> {
    let sign = char::from(sign);
    let start = match last {
        Last::Nothing => {
            return Err(format!("nothing comes before {sign} that could be repeated").into());
        }
        Last::Anchor => return Err(format!("{sign} can't repeat ^ or $").into()),
        Last::Byte => {
            return Err(format!(
                "{sign} after a character beyond ASCII is not supported; put ( ) around the character"
            )
            .into());
        }
        Last::Part(start) => start,
        Last::Repeated(start) => {
            out.insert(start, '(');
            out.push(')');
            start
        }
    };
    out.push_str(times);
    Ok(Last::Repeated(start))
}

/// Writes a literal character outside of brackets.
fn push_char(out: &mut String, c: char) {
    match c {
        // In a spec = and ~ begin a value. The others are operators, and NRPE refuses a backslash.
        '=' | '~' | '.' | '*' | '+' | '?' | '(' | ')' | '{' | '}' | '$' => {
            out.extend(['[', c, ']']);
        }
        '/' | '_' | ' ' | ',' | '-' | '@' | '%' | '<' | '>' | '!' | ';' => out.push(c),
        '[' | ']' | '^' | '\\' => out.extend(['\\', c]),
        _ if c.is_ascii() => push_ascii(out, c as u8),
        _ => out.push(c),
    }
}

/// Writes a literal ASCII character in a form that is literal everywhere: letters and digits as they
/// are, everything else by number.
fn push_ascii(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b' ' | b',') {
        out.push(char::from(byte));
    } else {
        out.push_str(&format!("\\x{byte:02X}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::ffi::CString;
    use std::mem::MaybeUninit;

    use regex::bytes::{Regex, RegexBuilder};

    fn compiled(expression: &str) -> Result<Regex, String> {
        let translated = translated(expression.as_bytes()).map_err(|e| e.to_string())?;
        RegexBuilder::new(&translated).dot_matches_new_line(true).build().map_err(|e| e.to_string())
    }

    /// glibc's answer for each text; `None` if it refuses the expression.
    fn of_glibc(expression: &str, texts: &[String]) -> Option<Vec<bool>> {
        let pattern = CString::new(expression).unwrap();
        let mut regex = MaybeUninit::<libc::regex_t>::uninit();
        let flags = libc::REG_EXTENDED | libc::REG_NOSUB;
        // SAFETY: the pattern ends in NUL; `regex` is read only if regcomp() filled it in.
        if unsafe { libc::regcomp(regex.as_mut_ptr(), pattern.as_ptr(), flags) } != 0 {
            return None;
        }
        let matches = |text: &String| {
            let text = CString::new(text.as_str()).unwrap();
            // SAFETY: as above, and no place is asked for.
            let found =
                unsafe { libc::regexec(regex.as_ptr(), text.as_ptr(), 0, std::ptr::null_mut(), 0) };
            found == 0
        };
        let answers = texts.iter().map(matches).collect();
        // SAFETY: it was filled in, and is not used again.
        unsafe { libc::regfree(regex.as_mut_ptr()) };
        Some(answers)
    }

    /// A random number generator with a seed, so that a failure can be repeated (xorshift64).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % n as u64).unwrap()
        }

        fn text(&mut self, parts: &[&str], longest: usize) -> String {
            let n = self.below(longest + 1);
            (0..n).map(|_| parts[self.below(parts.len())]).collect()
        }
    }

    const PARTS: &[&str] = &[
        "a",
        "b",
        "d",
        "-",
        "/",
        ".",
        "*",
        "+",
        "?",
        "|",
        "(",
        ")",
        "^",
        "$",
        "\\d",
        "\\.",
        "\\\\",
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "\\a",
        "\\(",
        "\\{",
        "{2}",
        "{1,2}",
        "{,2}",
        "{0}",
        "{1,}",
        "{",
        "}",
        "[ab]",
        "[^a]",
        "[a-d]",
        "[]a]",
        "[^]a]",
        "[a&&b]",
        "[\\.]",
        "[a-]",
        "[-a]",
        "[[:alpha:]]",
        "[[:digit:]_]",
        "[[.a.]]",
        "[[=b=]d]",
        "[a--]",
        "[%--]",
        "[b-a]",
        "[[:foo:]]",
        "[",
        "]",
        "(a|b)",
        "(a)*",
        "()",
        "(|a)",
        ".*",
        "&&",
        "~~",
        "#",
        " ",
        "\n",
        "(?:",
        "(?i)",
        "\\x41",
        "[a~~b]",
        "[a||b]",
        "[^^]",
        "[$]",
        "[a\\]",
        "[[]",
        "[[a]",
    ];

    #[test]
    fn glibc_says_the_same_of_random_expressions() {
        let letters = [
            "a", "b", "d", "-", "/", ".", "*", "\\", "(", ")", "{", "}", "&", "~", "5", "_", " ",
            "\n", "?", "^", "$", "]", "[", "A", "|", "#", ":",
        ];
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let (mut same, mut refused) = (0, 0);
        for _ in 0..5_000 {
            let expression = dice.text(PARTS, 6);
            let texts: Vec<_> = (0..12).map(|_| dice.text(&letters, 6)).collect();
            let wanted = of_glibc(&expression, &texts);
            match (compiled(&expression), wanted) {
                (Ok(ours), Some(wanted)) => {
                    same += 1;
                    for (text, wanted) in texts.iter().zip(wanted) {
                        let found = ours.is_match(text.as_bytes());
                        assert_eq!(found, wanted, "{expression:?} on {text:?}: {ours:?}");
                    }
                }
                (Ok(_), None) => panic!("{expression:?} is an error to glibc"),
                (Err(_), _) => refused += 1,
            }
        }
        assert!(same > 1_000 && refused > 1_000, "{same} translated, {refused} refused");
    }

    #[test]
    fn what_people_write_is_translated() {
        for (expression, text, fits) in [
            ("^/usr/bin/java .*-jar gitblit.jar", "/usr/bin/java -Xmx1g -jar gitblit.jar", true),
            (".*/usr/sbin/atftpd .*", "/usr/sbin/atftpd --daemon /srv", true),
            ("\\d+", "ddd", true),
            ("\\d+", "555", false),
            ("a+?$", "b", true),
            ("^[a&&b]$", "&", true),
            ("^[\\.]$", "\\", true),
            ("^(caf\u{e9})+$", "caf\u{e9}caf\u{e9}", true),
        ] {
            let regex = compiled(expression).unwrap();
            assert_eq!(regex.is_match(text.as_bytes()), fits, "{expression} on {text}");
        }
    }

    #[test]
    fn what_has_no_translation_is_refused() {
        for (expression, why) in [
            ("(a)\\1", "back references"),
            ("*a", "nothing comes before *"),
            ("^*a", "can't repeat ^"),
            ("a^b", "comes before a ^"),
            ("a(^b)", "comes before a ^"),
            ("(a$|b)c", "follows a $"),
            ("(", "not closed"),
            ("a{2", "not closed"),
            ("a{x}", "is not {N}"),
            ("[a", "not closed"),
            ("[\u{e9}]", "beyond ASCII"),
            ("\u{e9}*", "beyond ASCII"),
            ("a\\", "ends in a \\"),
            ("a{256}", "more than 255"),
            ("[[:alfa:]]", "no such class"),
        ] {
            let error = translated(expression.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(why), "{expression}: {error}");
        }
        assert!(translated(&[b'a'; LONGEST + 1]).is_err());
        assert!(translated("(".repeat(5000).as_bytes()).is_err());
        assert!(translated(&[b"(".repeat(DEEPEST), b")".repeat(DEEPEST)].concat()).is_ok());
    }

    #[test]
    fn a_literal_means_itself() {
        let text = b"a.b|\\\xff(\n\xc3\xa9";
        let regex = Regex::new(&literal(text)).unwrap();
        assert!(regex.is_match(text) && !regex.is_match(b"axb|\\\xff(\n\xc3\xa9"));
        let ascii: Vec<u8> = (0..128).collect();
        let whole = format!("^{}$", literal(&ascii));
        assert!(Regex::new(&whole).unwrap().is_match(&ascii), "{whole}");
        assert_eq!(literal(b"-D x=/a.b"), "-D x[=]/a[.]b");
    }
}
