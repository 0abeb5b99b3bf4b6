//! Finds secrets on a command line, so that they are never printed.
//!
//! A secret is the value of an option or variable whose name says so (`--db-password X`,
//! `PGPASSWORD=X`), of a known short option (`mysql -pX`), or the password of a URL
//! (`redis://user:X@host`). If in doubt, more is covered: a value reaches to the end of its argument,
//! because it may contain blanks and quotes. This holds for a title, too.

use std::borrow::Cow;
use std::ops::Range;

use crate::kernel::cmdline::{base_name, joined};
use crate::text::bytes::contains;

/// Printed in place of a secret. It has the same length for all, since a length is a hint.
const COVER: &[u8] = b"***";

/// A name that ends in one of these holds a secret.
const ENDINGS: [&[u8]; 31] = [
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
    b"subscriptionkey",
    b"hmackey",
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
const WORDS: [&[u8]; 8] =
    [b"pass", b"pwd", b"pw", b"psk", b"credential", b"credentials", b"creds", b"bearer"];

/// Names of something else than a secret, as their last parts between dots and in small letters without dashes:
/// qemu's secret objects, etcd's cluster.
const OTHER_NAMES: [&[u8]; 4] =
    [b"keysecret", b"passwordsecret", b"initialclustertoken", b"etcdinitialclustertoken"];

/// Values that mean that there is no secret, or that it is elsewhere.
const NO_SECRETS: [&[u8]; 14] = [
    b"true",
    b"false",
    b"yes",
    b"no",
    b"on",
    b"off",
    b"none",
    b"null",
    b"ask",
    b"prompt",
    b"stdin",
    b"default",
    b"public",
    b"nocookie",
];

/// Prefixes of values that name a file, a variable or a descriptor instead.
const ELSEWHERE: [&[u8]; 4] = [b"file:", b"env:", b"fd:", b"vault:"];

/// Beginnings of secrets that are known by their form: the keys of code hosts and chats, a signed JSON token, a
/// private key.
const FORMS: [&[u8]; 9] = [
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"github_pat_",
    b"glpat-",
    b"xoxb-",
    b"xoxp-",
    b"eyJ",
    b"-----BEGIN",
];

/// What follows the beginning of such a secret has at least this length.
const LEAST: usize = 16;

/// Headers with a secret. In the first it follows the name of a scheme (RFC 9110): `Authorization: Bearer X`.
const HEADERS: [&[u8]; 2] = [b"authorization:", b"cookie:"];
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
    /// The command after which the options mean this: in `docker run -p 80` it is a port.
    command: Option<&'static [u8]>,
}

const fn short(programs: &'static [&'static [u8]], options: &'static [&'static [u8]]) -> Short {
    Short { programs, options, between: None, may_share: true, command: None }
}

static SHORT: [Short; 25] = [
    short(&[b"mysql", b"mariadb", b"7z", b"7za", b"7zr", b"7zz"], &[b"-p"]),
    short(&[b"rar", b"unrar"], &[b"-hp", b"-p"]),
    short(&[b"mongo", b"sshpass", b"usermod", b"useradd", b"check_mysql"], &[b"-p", b"-p "]),
    short(
        &[
            b"rdesktop",
            b"mycli",
            b"cqlsh",
            b"cypher-shell",
            b"couchbase-cli",
            b"ncftp",
            b"ipmipower",
            b"fence_",
            b"openfortivpn",
            b"racadm",
            b"rabbitmqadmin",
            b"steghide",
            b"check_pgsql",
            b"twine",
            b"esxcli",
            b"hydra",
        ],
        &[b"-p "],
    ),
    Short {
        command: Some(b"login"),
        ..short(
            &[
                b"docker", b"podman", b"buildah", b"skopeo", b"nerdctl", b"crane", b"oc", b"az",
                b"helm",
            ],
            &[b"-p", b"-p "],
        )
    },
    short(&[b"ldappasswd"], &[b"-w", b"-w ", b"-s", b"-s ", b"-a", b"-a "]),
    short(&[b"ldap", b"basic_ldap_auth", b"ext_ldap_group_acl"], &[b"-w", b"-w "]),
    Short {
        between: Some(b':'),
        ..short(
            &[b"curl"],
            &[
                b"-u",
                b"-u ",
                b"-U",
                b"-U ",
                b"--user ",
                b"--user=",
                b"--proxy-user ",
                b"-E ",
                b"--cert ",
            ],
        )
    },
    Short { between: Some(b':'), ..short(&[b"ab"], &[b"-A ", b"-P "]) },
    Short {
        between: Some(b':'),
        ..short(&[b"check_http"], &[b"-a ", b"-b ", b"--authorization="])
    },
    Short { between: Some(b':'), ..short(&[b"nsupdate", b"dig"], &[b"-y", b"-y "]) },
    Short {
        between: Some(b'%'),
        ..short(
            &[
                b"smbclient",
                b"smbget",
                b"smbcacls",
                b"smbcquotas",
                b"smbtree",
                b"rpcclient",
                b"samba-tool",
                b"winexe",
                b"wmic",
                b"net",
            ],
            &[b"-U", b"-U ", b"--user=", b"--user "],
        )
    },
    Short { between: Some(b','), ..short(&[b"lftp"], &[b"-u", b"-u "]) },
    Short { between: Some(b':'), ..short(&[b"ttyd", b"gotty"], &[b"-c "]) },
    short(&[b"redis-cli", b"keydb-cli", b"valkey-cli"], &[b"-a", b"-a "]),
    short(
        &[
            b"mosquitto",
            b"ipmitool",
            b"sqlcmd",
            b"isql",
            b"zip",
            b"unzip",
            b"bcp",
            b"tsql",
            b"check_ldap",
        ],
        &[b"-P", b"-P "],
    ),
    short(&[b"ssh-keygen"], &[b"-N", b"-N ", b"-P", b"-P "]),
    Short {
        may_share: false,
        ..short(&[b"snmpget", b"snmpwalk", b"snmpbulk", b"snmpset"], &[b"-A ", b"-X ", b"-c "])
    },
    Short { may_share: false, ..short(&[b"check_snmp"], &[b"-A ", b"-X ", b"-C "]) },
    Short { may_share: false, ..short(&[b"swaks", b"sendEmail"], &[b"-ap ", b"-xp "]) },
    short(&[b"ss-server", b"ss-local", b"ss-redir", b"ss-tunnel", b"ss-manager"], &[b"-k "]),
    short(&[b"ssserver", b"sslocal"], &[b"-k "]),
    Short { may_share: false, ..short(&[b"openssl"], &[b"-k ", b"-K ", b"-hmac "]) },
    short(&[b"xfreerdp", b"wlfreerdp"], &[b"/p:"]),
    Short {
        may_share: false,
        ..short(&[b"consul", b"serf", b"nomad"], &[b"-encrypt ", b"-encrypt="])
    },
];

/// Of a program without such options.
const NONE: Short = short(&[], &[]);

/// Options with one dash that begin like one with an attached value: `-port=3306`.
const LONG: [&[u8]; 5] = [b"-port", b"-path", b"-pid", b"-prefix", b"-profile"];

/// Options of programs that hold no secret, although their names say so: most name a file.
const OTHERS: [(&[u8], &[u8]); 4] = [
    (b"etcd", b"--auth-token"),
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
        // A URL's secret can lie within another secret, or reach into one.
        if value.start >= at {
            shown.extend_from_slice(&cmdline[at..value.start]);
            shown.extend_from_slice(COVER);
        }
        at = at.max(value.end);
    }
    shown.extend_from_slice(&cmdline[at..]);
    Cow::Owned(joined(&shown).into_owned())
}

/// The secrets in a `/proc/PID/cmdline`, in order. None is empty.
pub fn secrets(cmdline: &[u8]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut of_program = OfProgram { short: &NONE, after_command: &NONE };
    let mut pending: Option<Range<usize>> = None;
    let mut covered_to = 0;
    let own = base_name(cmdline.split(|&byte| byte == 0).next().unwrap_or_default());
    for word in words(cmdline) {
        if word.at.start < covered_to {
            continue;
        }
        let text = &cmdline[word.at.clone()];
        let short = of_program.short;
        let option = text.split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_other = OTHERS.contains(&(own, option));
        let secret = match pending.take().filter(|_| !is_long_option(text)) {
            Some(name) => {
                let value = word.at.start..word.end;
                let is_user = is_short(&cmdline[name.clone()], short)
                    && !short.has_secret(&cmdline[value.clone()]);
                (!is_user).then_some(Secret { name, value })
            }
            None if is_other => None,
            None => word
                .assigned(cmdline)
                .or_else(|| word.attached(cmdline, short))
                .or_else(|| word.header(cmdline)),
        };
        let secret = secret.filter(|secret| !is_harmless(&cmdline[secret.value.clone()]));
        let start = secret.as_ref().map_or(word.end, |secret| secret.value.start);
        // Those without a name may come before it: `https://user:X@host/?token=X`.
        let mut all = [
            word.url(cmdline)
                .or_else(|| word.source(cmdline))
                .filter(|one| one.value.start < start),
            word.formed(cmdline).filter(|one| one.value.start < start),
            secret,
        ];
        all.sort_by_key(|one| one.as_ref().map(|one| one.value.start));
        for one in all.into_iter().flatten() {
            covered_to = covered_to.max(one.value.end);
            found.push(one);
        }
        if covered_to <= word.at.start && !is_other && (names_secret(text) || is_short(text, short))
        {
            pending = Some(word.at.clone());
        }
        of_program.see(text, word.ends_command(cmdline));
    }
    found
}

/// The options of the program that the words so far named.
struct OfProgram {
    short: &'static Short,
    /// Those that its command will bring.
    after_command: &'static Short,
}

impl OfProgram {
    fn see(&mut self, word: &[u8], ends_command: bool) {
        if let Some(known) = SHORT.iter().find(|known| known.is_of(base_name(word))) {
            let waits = known.command.is_some();
            self.short = if waits { &NONE } else { known };
            self.after_command = if waits { known } else { &NONE };
        } else if self.after_command.command == Some(word) {
            self.short = self.after_command;
        }
        if ends_command {
            *self = Self { short: &NONE, after_command: &NONE };
        }
    }
}

impl Short {
    fn is_of(&self, program: &[u8]) -> bool {
        let is_it = |name: &[u8]| {
            begins_with(program, name) && (name.len() > 3 || program.len() == name.len())
        };
        self.programs.iter().any(|name| is_it(name))
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
    /// Whether a command of a shell ends here: `mysql; ssh -p 22 h`. A whole argument is no text for a shell.
    fn ends_command(&self, cmdline: &[u8]) -> bool {
        let is_whole = self.at.end == self.end
            && self.at.start.checked_sub(1).is_none_or(|at| cmdline[at] == 0);
        !is_whole && matches!(cmdline[self.at.end - 1], b';' | b'|' | b'&')
    }

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
            // A quote may follow a name, or come before it.
            let is_quote = matches!(byte, b'"' | b'\'');
            let opens = text.get(at + 1).is_some_and(|&next| is_of_name(next));
            if !is_of_name(byte) && (!is_quote || opens) {
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

    /// Finds X in `Authorization: Bearer X`, also without the first blank, and in `-H 'Cookie: X'`.
    fn header(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        // Most words are no header, and need no copy.
        if !text.contains(&b':') {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let begin_of = |name: &[u8]| text.windows(name.len()).position(|part| part == name);
        let (name, begin) = HEADERS.iter().find_map(|name| Some((name, begin_of(name)?)))?;
        let begin = self.at.start + begin;
        let end = begin + name.len();
        let mut rest = words(&cmdline[end..self.end]);
        let (first, second) = (rest.next()?, rest.next());
        let scheme = cmdline[end + first.at.start..end + first.at.end].to_ascii_lowercase();
        let is_sure = is_in_header(&cmdline[..begin], &text);
        let value = match second {
            Some(second)
                if *name == HEADERS[0] && (is_sure || SCHEMES.contains(&scheme.as_slice())) =>
            {
                second
            }
            _ if is_sure => first,
            _ => return None,
        };
        Some(Secret { name: begin..end - 1, value: end + value.at.start..self.end })
    }

    /// Finds X in `ghp_X`, which no name announces. It begins the word, or follows what is of no name.
    fn formed(&self, cmdline: &[u8]) -> Option<Secret> {
        let text = &cmdline[self.at.clone()];
        let mut starts = (0..text.len()).filter(|&at| at == 0 || !is_of_name(text[at - 1]));
        starts.find_map(|at| {
            let form = FORMS.iter().find(|form| begins_with(&text[at..], form))?;
            let start = at + form.len();
            let name = self.at.start + at..self.at.start + start;
            let blanks = cmdline[name.end..self.end].iter().take_while(|byte| **byte == b' ');
            let value = name.end + blanks.count()..self.end;
            let length = text[start..].iter().take_while(|&&byte| is_of_name(byte)).count();
            let is_secret = if form.starts_with(b"-") {
                contains(&cmdline[value.clone()], b"PRIVATE KEY")
            } else {
                length >= LEAST
            };
            is_secret.then_some(Secret { name, value })
        })
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
    let is_between =
        |byte: &u8| matches!(byte, 0 | b'=' | b'"' | b'\'') || byte.is_ascii_whitespace();
    let end = before.iter().rposition(|byte| !is_between(byte)).map_or(0, |last| last + 1);
    let start = before[..end].iter().rposition(is_between).map_or(0, |last| last + 1);
    let option = &before[start..end];
    let is_option = option == b"-H" || (option.starts_with(b"--") && option.ends_with(b"header"));
    // In a command for a shell, a header has quotes, since it has blanks.
    let is_own = before[end..].iter().any(|byte| !byte.is_ascii_whitespace());
    (is_option && is_own) || word.starts_with(b"-H") || word.starts_with(b"-h")
}

/// Whether a value is a switch, a small number or the place of a secret, and nothing follows it.
fn is_harmless(value: &[u8]) -> bool {
    let value = value.trim_ascii_end();
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let start = value.iter().position(|byte| !is_quote(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_quote(byte)).map_or(start, |last| last + 1);
    let value = value[start..end].to_ascii_lowercase();
    let is_number = value.len() <= 3 && value.iter().all(u8::is_ascii_digit);
    let is_of_place = |byte: &u8| is_of_name(*byte) || matches!(byte, b'/' | b':' | b'#');
    let is_place =
        ELSEWHERE.iter().any(|start| value.starts_with(start)) && value.iter().all(is_of_place);
    is_number || is_place || NO_SECRETS.contains(&value.as_slice())
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

/// As `starts_with`, but without a call for the many that differ in the first byte.
fn begins_with(text: &[u8], start: &[u8]) -> bool {
    text.first() == start.first() && text.starts_with(start)
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
    // `password1` is a password.
    let unnumbered = |word: &'_ [u8]| {
        let end = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
        word[..end].to_vec()
    };
    let plain = unnumbered(&words.concat()).to_ascii_lowercase();
    let part = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let letters = part.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let part: Vec<_> = letters.map(u8::to_ascii_lowercase).collect();
    if OTHER_NAMES.contains(&part.as_slice()) {
        return false;
    }
    // `dbPass` has two words.
    let last = unnumbered(words.last().copied().unwrap_or_default());
    let capital = last.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    let is_word = |word: &[u8]| WORDS.contains(&word.to_ascii_lowercase().as_slice());
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
        || is_word(&last)
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
            ("docker login -u bob -p hunter2 h", "docker login -u bob -p *** h"),
            ("podman login -phunter2 h", "podman login -p*** h"),
            ("imapsync --password1 hunter2 --user2 b", "imapsync --password1 *** --user2 b"),
            ("openfortivpn h -u bob -p hunter2", "openfortivpn h -u bob -p ***"),
            ("fence_ipmilan -l bob -p hunter2 -a h", "fence_ipmilan -l bob -p *** -a h"),
            ("consul agent -encrypt=hunter2 -x", "consul agent -encrypt=*** -x"),
            ("net ads join -U bob%hunter2", "net ads join -U ***"),
            ("ssh-keygen -t rsa -N hunter2 -f k", "ssh-keygen -t rsa -N *** -f k"),
            ("rar a -hphunter2 x.rar f", "rar a -hp*** x.rar f"),
            ("ldappasswd -s hunter2 cn=a", "ldappasswd -s *** cn=a"),
            ("dig -y hmac-sha256:k:hunter2 h", "dig -y *** h"),
            ("check_snmp -H h -C hunter2 -o 1", "check_snmp -H h -C *** -o 1"),
            ("skopeo copy --src-creds bob:hunter2 a b", "skopeo copy --src-creds *** a b"),
            ("curl -E c.pem:hunter2 http://h", "curl -E *** http://h"),
            ("x ghp_hunter2hunter2hunter2 y", "x ghp_*** y"),
            ("x --jwt=eyJhbGciOiJIUzI1NiJ9.e30.hunter2 y", "x --jwt=eyJ*** y"),
            ("x --password env:A,token=hunter2 y", "x --password *** y"),
            ("x --pass 3 --token hunter2 y", "x --pass 3 --token *** y"),
            ("x https://u:hunter2@h/?token=hunter2 y", "x https://u:***@h/?token=*** y"),
            ("x https://u:hunter2@h/?token=hun@ter2 y", "x https://u:*** y"),
            (
                "x https://u:hunter2@h/?a=eyJhbGciOiJIUzI1NiJ9.hunter2 y",
                "x https://u:***@h/?a=eyJ*** y",
            ),
            ("x https://ghp_hunter2hunter2hunter2:x@h y", "x https://ghp_*** y"),
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
        for (line, shown) in [
            (
                "curl\0-H\0Authorization: SSWS a\0http://h\0",
                "curl -H Authorization: SSWS *** http://h",
            ),
            ("curl\0-H\0Authorization: a\0http://h\0", "curl -H Authorization: *** http://h"),
            ("curl\0-HCookie: sid=a\0http://h\0", "curl -HCookie: *** http://h"),
            ("sh\0-c\0curl -H\"X-Api-Key: a\" h\0", "sh -c curl -H\"X-Api-Key: ***"),
            ("x\0-----BEGIN PRIVATE KEY-----\na\0y\0", "x -----BEGIN *** y"),
            ("sh\0-c\0mongodump; ssh -p 2222 h\0", "sh -c mongodump; ssh -p 2222 h"),
            ("sh\0-c\0true; mysql -pa; x\0", "sh -c true; mysql -p***"),
            ("curl\0https://h/?a&\0-u\0b:a\0", "curl https://h/?a& -u ***"),
            ("sh\0-c\0x --pass 3 a\0", "sh -c x --pass ***"),
        ] {
            assert_eq!(covered(line.as_bytes()), shown);
        }
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
            "docker run -p 8080:80 -u 1:2 nginx",
            "login -p -- root",
            "ffmpeg -pass 2 -i a",
            "openssl enc -pass env:PW -in a",
            "openssl enc -pass file:/etc/pw -in a",
            "etcd --auth-token simple --initial-cluster-token etcd-1",
            "etcd --auth-token=jwt,pub-key=/x --initial-cluster-token=etcd-1",
            "docker run -e ETCD_INITIAL_CLUSTER_TOKEN=etcd-1 etcd",
            "qemu -object {\"qom-type\":\"secret\",\"id\":\"s-secret0\",\"file\":\"/x\"}",
            "qemu -blockdev {\"driver\":\"rbd\",\"key-secret\":\"s-secret0\"}",
            "qemu -drive file.password-secret=sec0,x=y",
            "kube-controller-manager --use-service-account-credentials=true",
            "x ghp_short eyJ --name=eyJhbGci",
        ] {
            assert_eq!(shown(line), line);
        }
    }
}
