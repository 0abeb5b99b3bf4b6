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
const ENDINGS: [&[u8]; 29] = [
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
    b"accountkey",
    b"secretkeybase",
    b"roottokenid",
    b"setcookie",
    b"storepass",
    b"keypass",
    b"dbpass",
    b"userpass",
    b"adminpass",
    b"rootpass",
    b"bindpass",
    b"bindpw",
    b"rootpw",
];

/// Words that also end harmless names (`bypass`). They count only as the whole last word of a name.
const WORDS: [&[u8]; 7] =
    [b"pass", b"pwd", b"pw", b"psk", b"credential", b"credentials", b"bearer"];

/// A header with a secret, which follows the name of a scheme (RFC 9110): `Authorization: Bearer X`.
const HEADER: &[u8] = b"authorization:";
const SCHEMES: [&[u8]; 4] = [b"bearer", b"basic", b"token", b"apikey"];

/// First words of a switch that takes no secret (`--no-password`).
const SWITCHES: [&[u8]; 6] = [b"no", b"ask", b"prompt", b"disable", b"without", b"skip"];

/// Options that carry a secret or, where a program takes a user and a secret, both.
struct Short {
    /// Beginnings of the programs' names; of up to three letters, names.
    programs: &'static [&'static [u8]],
    /// The options. The value is attached, or is the next argument if the option ends in a space.
    options: &'static [&'static [u8]],
    /// What stands between user and secret. A value without it is a user alone.
    between: Option<u8>,
    /// Whether one dash may begin several options: `curl -su`. `openssl -check` and `snmpwalk -OX` are one.
    may_share: bool,
}

const fn short(programs: &'static [&'static [u8]], options: &'static [&'static [u8]]) -> Short {
    Short { programs, options, between: None, may_share: true }
}

static SHORT: [Short; 15] = [
    short(&[b"mysql", b"mariadb", b"7z", b"7za", b"7zr"], &[b"-p"]),
    short(&[b"mongo", b"sshpass"], &[b"-p", b"-p "]),
    short(&[b"rdesktop"], &[b"-p "]),
    short(&[b"ldap", b"basic_ldap_auth", b"ext_ldap_group_acl"], &[b"-w", b"-w "]),
    Short {
        between: Some(b':'),
        ..short(
            &[b"curl"],
            &[b"-u", b"-u ", b"-U", b"-U ", b"--user ", b"--user=", b"--proxy-user "],
        )
    },
    Short {
        between: Some(b'%'),
        ..short(&[b"smbclient", b"rpcclient"], &[b"-U", b"-U ", b"--user=", b"--user "])
    },
    Short { between: Some(b','), ..short(&[b"lftp"], &[b"-u", b"-u "]) },
    Short { between: Some(b':'), ..short(&[b"ttyd", b"gotty"], &[b"-c "]) },
    short(&[b"redis-cli", b"keydb-cli", b"valkey-cli"], &[b"-a", b"-a "]),
    short(&[b"mosquitto", b"ipmitool", b"sqlcmd", b"isql", b"zip", b"unzip"], &[b"-P", b"-P "]),
    Short {
        may_share: false,
        ..short(&[b"snmpget", b"snmpwalk", b"snmpbulk", b"snmpset"], &[b"-A ", b"-X ", b"-c "])
    },
    short(&[b"ss-server", b"ss-local", b"ss-redir", b"ss-tunnel", b"ss-manager"], &[b"-k "]),
    short(&[b"ssserver", b"sslocal"], &[b"-k "]),
    Short { may_share: false, ..short(&[b"openssl"], &[b"-k ", b"-K "]) },
    short(&[b"xfreerdp", b"wlfreerdp"], &[b"/p:"]),
];

/// Of a program without such options.
const NONE: Short = short(&[], &[]);

/// Options with one dash that begin like one with an attached value: `-port=3306`.
const LONG: [&[u8]; 5] = [b"-port", b"-path", b"-pid", b"-prefix", b"-profile"];

/// Options of programs that name a file, although their names say something else.
const FILES: [(&[u8], &[u8]); 3] = [
    (b"openvpn", b"--auth-user-pass"),
    (b"openvpn", b"--secret"),
    (b"xtightvncviewer", b"-passwd"),
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
    let mut short = &NONE;
    let mut pending: Option<Range<usize>> = None;
    let mut covered_to = 0;
    let own = base_name(cmdline.split(|&byte| byte == 0).next().unwrap_or_default());
    for word in words(cmdline) {
        if word.at.start < covered_to {
            continue;
        }
        let text = &cmdline[word.at.clone()];
        let secret = match pending.take().filter(|_| !is_long_option(text)) {
            Some(name) => {
                let value = word.at.start..word.end;
                let is_user = is_short(&cmdline[name.clone()], short)
                    && !short.has_secret(&cmdline[value.clone()]);
                (!is_user).then_some(Secret { name, value })
            }
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
            None => found.extend(word.url(cmdline).or_else(|| word.source(cmdline))),
        }
        let is_file = FILES.contains(&(own, text));
        if covered_to <= word.at.start && !is_file && (names_secret(text) || is_short(text, short))
        {
            pending = Some(word.at.clone());
        }
        if let Some(known) = SHORT.iter().find(|known| known.is_of(base_name(text))) {
            short = known;
        }
    }
    found
}

impl Short {
    fn is_of(&self, program: &[u8]) -> bool {
        let is_it =
            |name: &&&[u8]| program == **name || (name.len() > 3 && program.starts_with(name));
        self.programs.iter().any(|name| is_it(&name))
    }

    /// Whether a value is or holds a secret.
    fn has_secret(&self, value: &[u8]) -> bool {
        let Some(between) = self.between else { return true };
        value.iter().position(|&byte| byte == between).is_some_and(|at| at + 1 < value.len())
    }
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

    /// Finds X in `-pX`, where `short` is the program's.
    fn attached(&self, cmdline: &[u8], short: &Short) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let is_it = |option: &&&[u8]| !option.ends_with(b" ") && text.starts_with(option);
        let option = short.options.iter().find(is_it)?;
        let start = self.at.start + option.len();
        let is_long = LONG.contains(&text.split(|&byte| byte == b'=').next().unwrap_or_default());
        let is_it = start < self.at.end && !is_long && short.has_secret(&cmdline[start..self.end]);
        is_it.then_some(Secret { name: self.at.start..start, value: start..self.end })
    }

    /// Finds X in `Authorization: Bearer X`, also without the first blank.
    fn header(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = cmdline[self.at.clone()].to_ascii_lowercase();
        let begin = text.windows(HEADER.len()).position(|part| part == HEADER)?;
        let (begin, end) = (self.at.start + begin, self.at.start + begin + HEADER.len());
        let mut rest = words(&cmdline[end..self.end]);
        let (scheme, secret) = (rest.next()?, rest.next()?);
        let place = |at: usize| end + at;
        let scheme = cmdline[place(scheme.at.start)..place(scheme.at.end)].to_ascii_lowercase();
        let value = place(secret.at.start)..self.end;
        SCHEMES.contains(&scheme.as_slice()).then(|| Secret { name: begin..end - 1, value })
    }

    /// Finds X in `scheme://user:X@host`. X may contain slashes and at signs.
    fn url(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let scheme = text.windows(3).position(|part| part == b"://")?;
        let rest = scheme + 3;
        let last = rest + text[rest..].iter().rposition(|&byte| byte == b'@')?;
        let first = rest + text[rest..last].iter().position(|&byte| byte == b':')? + 1;
        // A slash before the colon ends the host. The colon belongs to the path. After a host's port, a
        // slash does the same: registry:5000/app@sha256.
        let is_path = text[rest..first].contains(&b'/') || begins_with_port(&text[first..last]);
        let place = |at: usize| self.at.start + at;
        (!is_path && first < last)
            .then(|| Secret { name: place(0)..place(first), value: place(first)..place(last) })
    }

    /// Finds X in `user:X@tcp(host)/db`, a data source as Go's programs write it.
    fn source(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let ends: [&[u8]; 2] = [b"@tcp(", b"@unix("];
        let last =
            ends.iter().find_map(|end| text.windows(end.len()).rposition(|part| part == *end))?;
        let begin =
            if text.starts_with(b"-") { text.iter().position(|&byte| byte == b'=')? } else { 0 };
        let first = begin + text.get(begin..last)?.iter().position(|&byte| byte == b':')? + 1;
        let place = |at: usize| self.at.start + at;
        (first < last)
            .then(|| Secret { name: place(0)..place(first), value: place(first)..place(last) })
    }
}

/// Whether digits and a slash come first.
fn begins_with_port(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && text.get(digits) == Some(&b'/')
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

/// Whether the value of a short option comes next. It may share a dash with others: `curl -su`.
fn is_short(word: &[u8], short: &Short) -> bool {
    let is_shared = |option: &[u8]| {
        let [b'-', letter] = option else { return false };
        let rest = word.strip_prefix(b"-").and_then(|rest| rest.strip_suffix(&[*letter]));
        rest.is_some_and(|rest| rest.iter().all(u8::is_ascii_alphabetic))
    };
    let mut options = short.options.iter().filter_map(|option| option.strip_suffix(b" "));
    options.any(|option| option == word || (short.may_share && is_shared(option)))
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
            ("openssl enc -k hunter2 -x", "openssl enc -k *** -x"),
            ("x redis://:hunter2@host/0 y", "x redis://:***@host/0 y"),
            ("x postgres://bob:hun/t@er2@host:5432/db", "x postgres://bob:***@host:5432/db"),
            ("mysqldump -uroot -phunter2 db", "mysqldump -uroot -p*** db"),
            ("timeout 5 sshpass -p hunter2 ssh h", "timeout 5 sshpass -p *** ssh h"),
            ("curl -s -u bob:hunter2 http://h", "curl -s -u *** http://h"),
            ("ldapsearch -x -w hunter2 -D cn=a", "ldapsearch -x -w *** -D cn=a"),
            ("curl --oauth2-bearer hunter2 http://h", "curl --oauth2-bearer *** http://h"),
            ("x --token --user=bob", "x --token --user=bob"),
            ("curl -su bob:hunter2 http://h", "curl -su *** http://h"),
            ("ldapsearch -LLLxw hunter2 -b x", "ldapsearch -LLLxw *** -b x"),
            ("smbclient -U bob%hunter2 //h/s", "smbclient -U *** //h/s"),
            ("keytool -list -storepass hunter2", "keytool -list -storepass ***"),
            ("vault server -dev-root-token-id=hunter2", "vault server -dev-root-token-id=***"),
            ("beam.smp -setcookie HUNTER2 -x", "beam.smp -setcookie *** -x"),
            ("ss-server -k hunter2 -m aes", "ss-server -k *** -m aes"),
            ("ttyd -c bob:hunter2 sh", "ttyd -c *** sh"),
            ("x --dsn root:hunter2@tcp(db)/", "x --dsn root:***@tcp(db)/"),
            ("x --dsn=root:hunter2@unix(/s)/", "x --dsn=root:***@unix(/s)/"),
            ("x --password -hunter2", "x --password ***"),
            ("snmpwalk -v2c -OX -c hunter2 host", "snmpwalk -v2c -OX -c *** host"),
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
        let header = b"curl\0-H\0authorization:Basic a\0http://h\0";
        assert_eq!(covered(header), "curl -H authorization:Basic *** http://h");
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
            "x oci://host:5000/app@sha256:12",
            "curl -u bob http://h",
            "curl -u bob: http://h",
            "smbclient -U bob //h/s",
            "mysqld_exporter -port=9104",
            "zipkin -P 9411",
            "openvpn --auth-user-pass login --secret static.key",
            "x --key=1 --keyring=a --secrets-dir=/x",
            "openssl dhparam -check -out dh.pem 4096",
            "snmpwalk -Cc -OX host",
        ] {
            assert_eq!(shown(line), line);
        }
    }
}
