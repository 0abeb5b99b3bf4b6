//! Finds secrets on a command line, so that they are never printed.
//!
//! A secret is the value of an option or variable whose name says so (`--db-password X`,
//! `PGPASSWORD=X`), of a known short option (`mysql -pX`), or the password of a URL
//! (`redis://user:X@host`). If in doubt, more is covered: a value reaches to the end of its argument,
//! because it may contain blanks and quotes. This holds for a title, too.

use std::borrow::Cow;
use std::ops::Range;

use crate::kernel::cmdline::{base_name, joined};

/// Printed in place of a secret. It has the same length for all, since a length is a hint.
const COVER: &[u8] = b"***";

/// A name that ends in one of these holds a secret.
const ENDINGS: [&[u8]; 16] = [
    b"password",
    b"passwd",
    b"passphrase",
    b"passcode",
    b"passwort",
    b"requirepass",
    b"masterauth",
    b"secret",
    b"token",
    b"apikey",
    b"accesskey",
    b"secretkey",
    b"authkey",
    b"privatekey",
    b"encryptionkey",
    b"masterkey",
];

/// Words that also end harmless names (`bypass`). They count only as the whole last word of a name.
const WORDS: [&[u8]; 7] =
    [b"pass", b"pwd", b"pw", b"psk", b"credential", b"credentials", b"bearer"];

/// A header with a secret, which follows the name of a scheme (RFC 9110): `Authorization: Bearer X`.
const HEADER: &[u8] = b"authorization:";
const SCHEMES: [&[u8]; 4] = [b"bearer", b"basic", b"token", b"apikey"];

/// First words of a switch that takes no secret (`--no-password`).
const SWITCHES: [&[u8]; 6] = [b"no", b"ask", b"prompt", b"disable", b"without", b"skip"];

/// Short options that carry a secret, by prefix of the program's name. The value is attached, or is the
/// next argument if the option ends in a space.
const SHORT: [(&[u8], &[&[u8]]); 24] = [
    (b"mysql", &[b"-p"]),
    (b"mariadb", &[b"-p"]),
    (b"mongo", &[b"-p", b"-p "]),
    (b"sshpass", &[b"-p", b"-p "]),
    (b"ldap", &[b"-w", b"-w "]),
    (b"curl", &[b"-u", b"-u ", b"-U", b"-U ", b"--user ", b"--user=", b"--proxy-user "]),
    (b"smbclient", &[b"-U", b"-U ", b"--user=", b"--user "]),
    (b"rpcclient", &[b"-U", b"-U "]),
    (b"redis-cli", &[b"-a", b"-a "]),
    (b"keydb-cli", &[b"-a", b"-a "]),
    (b"valkey-cli", &[b"-a", b"-a "]),
    (b"mosquitto", &[b"-P", b"-P "]),
    (b"ipmitool", &[b"-P", b"-P "]),
    (b"snmpget", &[b"-A ", b"-X ", b"-c "]),
    (b"snmpwalk", &[b"-A ", b"-X ", b"-c "]),
    (b"snmpbulk", &[b"-A ", b"-X ", b"-c "]),
    (b"snmpset", &[b"-A ", b"-X ", b"-c "]),
    (b"sqlcmd", &[b"-P", b"-P "]),
    (b"isql", &[b"-P", b"-P "]),
    (b"zip", &[b"-P", b"-P "]),
    (b"unzip", &[b"-P", b"-P "]),
    (b"7z", &[b"-p"]),
    (b"xfreerdp", &[b"/p:"]),
    (b"lftp", &[b"-u", b"-u "]),
];

/// A secret on a command line, as ranges of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name: `--password`, `-p`, or the URL up to the secret.
    pub name: Range<usize>,
    /// The secret itself.
    pub value: Range<usize>,
}

/// The command line as one line with its secrets covered. It is not escaped yet.
pub fn covered(cmdline: &[u8]) -> Cow<'_, [u8]> {
    let secrets = secrets(cmdline);
    if secrets.is_empty() {
        return joined(cmdline);
    }
    let mut shown = Vec::with_capacity(cmdline.len());
    let mut at = 0;
    for Secret { value, .. } in secrets {
        // A URL's secret can lie within another secret.
        if value.start >= at {
            shown.extend_from_slice(&cmdline[at..value.start]);
            shown.extend_from_slice(COVER);
            at = value.end;
        }
    }
    shown.extend_from_slice(&cmdline[at..]);
    Cow::Owned(joined(&shown).into_owned())
}

/// The secrets in a `/proc/PID/cmdline`, in order. None is empty.
pub fn secrets(cmdline: &[u8]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut short: &[&[u8]] = &[];
    let mut pending = None;
    let mut covered_to = 0;
    for word in words(cmdline) {
        if word.at.start < covered_to {
            continue;
        }
        let text = &cmdline[word.at.clone()];
        let secret = match pending.take().filter(|_| !is_long_option(text)) {
            Some(name) => Some(Secret { name, value: word.at.start..word.end }),
            None => word
                .assigned(cmdline)
                .or_else(|| word.attached(cmdline, short))
                .or_else(|| word.header(cmdline)),
        };
        match secret.filter(|secret| !secret.value.is_empty()) {
            Some(secret) => {
                covered_to = secret.value.end;
                found.push(secret);
            }
            None => found.extend(word.url(cmdline)),
        }
        if covered_to <= word.at.start && (names_secret(text) || is_short(text, short)) {
            pending = Some(word.at.clone());
        }
        let program = base_name(text);
        if let Some((_, options)) = SHORT.iter().find(|(start, _)| program.starts_with(start)) {
            short = options;
        }
    }
    found
}

/// A word of an argument, between blanks.
struct Word {
    at: Range<usize>,
    /// Where its argument ends.
    end: usize,
}

fn words(cmdline: &[u8]) -> impl Iterator<Item = Word> + '_ {
    let is_end = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let mut at = 0;
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = at + cmdline[at..].iter().position(|byte| !is_end(byte))?;
        if start >= end {
            let length = cmdline[start..].iter().position(|&byte| byte == 0);
            end = length.map_or(cmdline.len(), |length| start + length);
        }
        let length = cmdline[start..].iter().position(is_end);
        at = length.map_or(cmdline.len(), |length| start + length);
        Some(Word { at: start..at, end })
    })
}

impl Word {
    /// Finds X in `--password=X`, `PGPASSWORD=X`, `user=a,password=X`, `"token":"X"`, `pass:X`: everything
    /// after the `=` or `:` of the first name that holds a secret.
    fn assigned(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let mut begin = 0;
        for (at, &byte) in text.iter().enumerate() {
            if matches!(byte, b'=' | b':') {
                let name = trimmed(&text[begin..at]);
                let mut start = self.at.start + at + 1;
                if is_secret(name) && start < self.end {
                    let name = self.at.start + begin..start - 1;
                    if is_in_header(&cmdline[..name.start], text) {
                        let blanks = cmdline[start..self.end].iter();
                        start += blanks.take_while(|byte| byte.is_ascii_whitespace()).count();
                    }
                    return Some(Secret { name, value: start..self.end });
                }
            }
            if !is_of_name(byte) && !matches!(byte, b'"' | b'\'') {
                begin = at + 1;
            }
        }
        None
    }

    /// Finds X in `-pX`, where `options` are those of the program.
    fn attached(&self, cmdline: &[u8], options: &[&[u8]]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let is_it = |option: &&&[u8]| !option.ends_with(b" ") && text.starts_with(option);
        let option = options.iter().find(is_it)?;
        let start = self.at.start + option.len();
        let secret = Secret { name: self.at.start..start, value: start..self.end };
        (start < self.at.end).then_some(secret)
    }

    /// Finds X in `Authorization: Bearer X`.
    fn header(&self, cmdline: &[u8]) -> Option<Secret> {
        let begin = self.at.end.checked_sub(HEADER.len()).filter(|&at| at >= self.at.start)?;
        if !cmdline[begin..self.at.end].eq_ignore_ascii_case(HEADER) {
            return None;
        }
        let mut rest = words(&cmdline[self.at.end..self.end]);
        let (scheme, secret) = (rest.next()?, rest.next()?);
        let place = |at: usize| self.at.end + at;
        let scheme = cmdline[place(scheme.at.start)..place(scheme.at.end)].to_ascii_lowercase();
        let value = place(secret.at.start)..self.end;
        SCHEMES.contains(&scheme.as_slice()).then(|| Secret { name: begin..self.at.end - 1, value })
    }

    /// Finds X in `scheme://user:X@host`. X may contain slashes and at signs.
    fn url(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let scheme = text.windows(3).position(|part| part == b"://")?;
        let rest = scheme + 3;
        let last = rest + text[rest..].iter().rposition(|&byte| byte == b'@')?;
        let first = rest + text[rest..last].iter().position(|&byte| byte == b':')? + 1;
        // A slash before the colon ends the host. The colon belongs to the path.
        let is_path = text[rest..first].contains(&b'/');
        let place = |at: usize| self.at.start + at;
        (!is_path && first < last)
            .then(|| Secret { name: place(0)..place(first), value: place(first)..place(last) })
    }
}

/// Whether a header of HTTP begins after `before`: `-H 'X-Api-Key: X'`, `--header='X-Api-Key: X'`. `word` is
/// the word that it begins in. Elsewhere a colon and a blank are of a title or a sentence.
fn is_in_header(before: &[u8], word: &[u8]) -> bool {
    let mut arguments = before.rsplit(|&byte| byte == 0);
    let attached = arguments.next().unwrap_or_default();
    let option = if attached.is_empty() { arguments.next().unwrap_or_default() } else { attached };
    let option = option.strip_suffix(b"=").unwrap_or(option);
    let is_long = option.starts_with(b"--") && option.ends_with(b"header");
    is_long || option == b"-H" || (attached.is_empty() && word.starts_with(b"-H"))
}

/// Whether the word is an option like `--password`, whose value is the next argument.
fn names_secret(word: &[u8]) -> bool {
    let is_name = word.starts_with(b"-") && word.last().is_some_and(u8::is_ascii_alphanumeric);
    is_name && is_secret(trimmed(word))
}

fn is_short(word: &[u8], options: &[&[u8]]) -> bool {
    options.iter().any(|option| option.strip_suffix(b" ") == Some(word))
}

/// Whether the word is like `--user=x`, and so can't be an option's value.
fn is_long_option(word: &[u8]) -> bool {
    word.strip_prefix(b"--").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_alphabetic))
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn trimmed(name: &[u8]) -> &[u8] {
    let start = name.iter().position(u8::is_ascii_alphanumeric).unwrap_or(name.len());
    let end = name.iter().rposition(u8::is_ascii_alphanumeric).map_or(start, |last| last + 1);
    &name[start..end]
}

/// Whether a name says that its value is a secret: `dbPassword` and `api-key` do, `token-file` doesn't.
fn is_secret(name: &[u8]) -> bool {
    if !name.iter().copied().all(is_of_name) {
        return false;
    }
    let words: Vec<_> = name.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    if words.iter().any(|word| SWITCHES.contains(&word.to_ascii_lowercase().as_slice())) {
        return false;
    }
    let plain = words.concat().to_ascii_lowercase();
    // `dbPass` has two words.
    let last = words.last().copied().unwrap_or_default();
    let capital = last.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    let is_word = |word: &[u8]| WORDS.contains(&word.to_ascii_lowercase().as_slice());
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
        || is_word(last)
        || is_word(&last[capital..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line as printed. Each blank in `line` ends an argument.
    fn shown(line: &str) -> String {
        let cmdline = line.replace(' ', "\0") + "\0";
        String::from_utf8_lossy(&covered(cmdline.as_bytes())).into_owned()
    }

    #[test]
    fn values_of_secret_options_are_covered() {
        for (line, expected) in [
            ("x --password hunter2 -v", "x --password *** -v"),
            ("x --password=hunter2 -v", "x --password=*** -v"),
            (
                "x -Djavax.net.ssl.keyStorePassword=hunter2 Main",
                "x -Djavax.net.ssl.keyStorePassword=*** Main",
            ),
            ("x --api-key hunter2", "x --api-key ***"),
            ("x --dbPass hunter2", "x --dbPass ***"),
            (
                "redis-server --requirepass hunter2 --port 1",
                "redis-server --requirepass *** --port 1",
            ),
            ("env PGPASSWORD=hunter2 psql", "env PGPASSWORD=*** psql"),
            ("mount -o user=a,password=hunter2,vers=3 //h/s", "mount -o user=a,password=*** //h/s"),
            ("x {\"user\":\"a\",\"token\":\"hunter2\"}", "x {\"user\":\"a\",\"token\":***"),
            ("openssl enc -passin pass:hunter2 -x", "openssl enc -passin pass:*** -x"),
            ("openssl enc -k pass:hunter2 -x", "openssl enc -k pass:*** -x"),
            ("x redis://:hunter2@host/0 y", "x redis://:***@host/0 y"),
            ("x postgres://bob:hun/t@er2@host:5432/db", "x postgres://bob:***@host:5432/db"),
            ("mysqldump -uroot -phunter2 db", "mysqldump -uroot -p*** db"),
            ("timeout 5 sshpass -p hunter2 ssh h", "timeout 5 sshpass -p *** ssh h"),
            ("curl -s -u bob:hunter2 http://h", "curl -s -u *** http://h"),
            ("ldapsearch -x -w hunter2 -D cn=a", "ldapsearch -x -w *** -D cn=a"),
            ("curl --oauth2-bearer hunter2 http://h", "curl --oauth2-bearer *** http://h"),
            ("x --token --user=bob", "x --token --user=bob"),
            ("x --password -hunter2", "x --password ***"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn a_value_goes_on_to_the_end_of_its_argument() {
        let covered = |cmdline: &[u8]| String::from_utf8_lossy(&covered(cmdline)).into_owned();
        assert_eq!(covered(b"x\0--password\0two words\0-v\0"), "x --password *** -v");
        assert_eq!(covered(b"sh\0-c\0PGPASSWORD='a b' psql\0"), "sh -c PGPASSWORD=***");
        assert_eq!(covered(b"x: title --password hunter2 more\0\0\0"), "x: title --password ***");
        assert_eq!(covered(b"x\0--password=\0y\0"), "x --password= y");
        for (header, shown) in [
            ("Proxy-Authorization: Bearer a b", "Proxy-Authorization: Bearer ***"),
            ("X-Api-Key: a b", "X-Api-Key: ***"),
            ("X-Api-Key:  a", "X-Api-Key:  ***"),
            ("X-Api-Key:", "X-Api-Key:"),
        ] {
            for option in ["-H\0", "-H", "--proxy-header\0", "--header="] {
                let line = format!("curl\0{option}{header}\0http://h\0");
                let option = option.replace('\0', " ");
                assert_eq!(covered(line.as_bytes()), format!("curl {option}{shown} http://h"));
            }
        }
        assert_eq!(covered(b"x\0token: a\0"), "x token:***");
        for shown in
            ["curl -H authorization: enabled", "x authorization:", "x Authorization: Bearer"]
        {
            assert_eq!(covered(shown.as_bytes()), shown);
        }
        assert_eq!(covered(b""), "");
        assert_eq!(covered(b"x --password"), "x --password");
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for line in [
            "x --token-file /etc/token --password-file=/etc/pw --ssl-key=/etc/k",
            "x --no-password bob",
            "x --bypass yes",
            "mysqld --port 3306",
            "ssh -p 22 host",
            "sshd: bob [priv]",
            "postgres: password authentication",
            "x http://host:80/path",
            "x http://host/a:b@c",
            "x ssh://git@host:22/repo",
            "x --key=1 --keyring=a --secrets-dir=/x",
        ] {
            assert_eq!(shown(line), line);
        }
    }
}
