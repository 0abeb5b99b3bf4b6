//! `/proc/PID/status`: credentials, capabilities, PID namespaces.
//!
//! The kernel escapes newlines in the name (fs/proc/array.c), so a process can't forge a line. If a
//! line appears twice, or has a value that no kernel writes, the whole file is malformed and no fact
//! is taken from it.

use std::ops::Range;

use memchr::{memchr_iter, memchr2};

use crate::kernel::capability::Capabilities;
use crate::kernel::word::{parse_id, parse_number, words};

/// A process's four user or group ids, in the order of the `Uid:` and `Gid:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ids {
    /// Who started it.
    pub real: u32,
    /// Whose permissions it has now.
    pub effective: u32,
    /// The id that it may switch back to.
    pub saved: u32,
    /// Whose file permissions it has. Follows the effective id unless the process sets it.
    pub filesystem: u32,
}

impl Ids {
    /// All four.
    pub const fn all(self) -> [u32; 4] {
        [self.real, self.effective, self.saved, self.filesystem]
    }
}

/// The capability sets that a process can use now or make effective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// `CapPrm:` those it may make effective.
    pub permitted: Capabilities,
    /// `CapEff:` those the kernel grants it now.
    pub effective: Capabilities,
    /// `CapAmb:` those that programs it executes inherit. Empty before Linux 4.3.
    pub ambient: Capabilities,
}

impl Held {
    /// The union of the three.
    pub const fn any(self) -> Capabilities {
        self.permitted.union(self.effective).union(self.ambient)
    }
}

/// The lines of `/proc/PID/status` that selectors and checks need; see `proc_pid_status(5)`. Ids are
/// those in the reader's user namespace, 65534 if they have no mapping there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `Uid:`
    pub uid: Ids,
    /// `Gid:`
    pub gid: Ids,
    /// `NSpid:` the number of PID namespaces that the process has a PID in, from /proc's inwards. More
    /// than one means a nested namespace, such as a container.
    pub pid_namespaces: usize,
    /// `CapPrm:`, `CapEff:`, `CapAmb:`; `None` if one of the first two is missing.
    pub held: Option<Held>,
    /// `NoNewPrivs:`; `None` before Linux 4.10.
    pub no_new_privs: Option<bool>,
    /// `CapBnd:` those it can ever get by executing a program.
    pub bounding: Option<Capabilities>,
    /// `Seccomp:` 0 off, 1 strict, 2 filter; `None` if the kernel lacks seccomp.
    pub seccomp: Option<u64>,
    /// `TracerPid:` the PID of its tracer, in /proc's PID namespace; 0 without one.
    pub tracer: u32,
    /// `Umask:` the permissions that files it creates don't get. `None` before Linux 4.7, and while the
    /// process exits.
    pub umask: Option<u32>,
    /// `VmExe:` the size of the executable's code in kB; `None` for a process without memory.
    pub code: Option<u64>,
    /// `VmLib:` the size of all other code that it has mapped in kB; `None` for a process without memory.
    pub libraries: Option<u64>,
    /// `Threads:` including the leader.
    pub threads: Option<u64>,
    /// `Pid:` differs from the directory's name if another process's directory is mounted over it.
    pub(crate) pid: u32,
    state: Option<u8>,
    groups: Option<Range<usize>>,
}

impl Status {
    /// Parses the file. `None` if it is malformed or lacks `Pid:`, `Uid:` or `Gid:`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (mut pid, mut uid, mut gid) = (None, None, None);
        let (mut state, mut threads, mut groups, mut pid_namespaces) = (None, None, None, None);
        let (mut code, mut libraries, mut bounding, mut seccomp, mut tracer, mut umask) =
            (None, None, None, None, None, None);
        let (mut permitted, mut effective, mut ambient, mut no_new_privs) =
            (None, None, None, None);
        let mut start = 0;
        if !text.ends_with(b"\n") {
            return None;
        }
        for end in memchr_iter(b'\n', text) {
            let line = &text[start..end];
            start = end + 1;
            // Byte patterns are long, but faster: finding the colon and matching the key took 400
            // instructions more, of 5,000 for a whole status.
            match line {
                [b'P', b'i', b'd', b':', value @ ..] => once(&mut pid, parse_id(only(value))),
                [b'U', b'i', b'd', b':', value @ ..] => once(&mut uid, parse_ids(value)),
                [b'G', b'i', b'd', b':', value @ ..] => once(&mut gid, parse_ids(value)),
                [b'S', b't', b'a', b't', b'e', b':', value @ ..] => {
                    once(&mut state, parse_state(value))
                }
                [b'T', b'h', b'r', b'e', b'a', b'd', b's', b':', value @ ..] => {
                    once(&mut threads, parse_number(only(value)))
                }
                [b'G', b'r', b'o', b'u', b'p', b's', b':', value @ ..] => {
                    let are_ids = words(value).all(|word| parse_id(word).is_some());
                    once(&mut groups, are_ids.then_some(end - value.len()..end))
                }
                [b'N', b'S', b'p', b'i', b'd', b':', value @ ..] => {
                    once(&mut pid_namespaces, count_ids(value))
                }
                [b'V', b'm', b'E', b'x', b'e', b':', value @ ..] => {
                    once(&mut code, parse_size(value))
                }
                [b'V', b'm', b'L', b'i', b'b', b':', value @ ..] => {
                    once(&mut libraries, parse_size(value))
                }
                [b'C', b'a', b'p', b'P', b'r', b'm', b':', value @ ..] => {
                    once(&mut permitted, Capabilities::from_hex(only(value)))
                }
                [b'C', b'a', b'p', b'E', b'f', b'f', b':', value @ ..] => {
                    once(&mut effective, Capabilities::from_hex(only(value)))
                }
                [b'C', b'a', b'p', b'A', b'm', b'b', b':', value @ ..] => {
                    once(&mut ambient, Capabilities::from_hex(only(value)))
                }
                [b'C', b'a', b'p', b'B', b'n', b'd', b':', value @ ..] => {
                    once(&mut bounding, Capabilities::from_hex(only(value)))
                }
                [b'S', b'e', b'c', b'c', b'o', b'm', b'p', b':', value @ ..] => {
                    once(&mut seccomp, parse_number(only(value)))
                }
                [b'T', b'r', b'a', b'c', b'e', b'r', b'P', b'i', b'd', b':', value @ ..] => {
                    once(&mut tracer, parse_id(only(value)))
                }
                [b'U', b'm', b'a', b's', b'k', b':', value @ ..] => {
                    once(&mut umask, parse_octal(only(value)))
                }
                [b'N', b'o', b'N', b'e', b'w', b'P', b'r', b'i', b'v', b's', b':', value @ ..] => {
                    once(&mut no_new_privs, parse_flag(only(value)))
                }
                _ => Some(()),
            }?;
        }
        Some(Self {
            pid: pid?,
            uid: uid?,
            gid: gid?,
            pid_namespaces: pid_namespaces.unwrap_or(1),
            held: permitted.zip(effective).map(|(permitted, effective)| Held {
                permitted,
                effective,
                ambient: ambient.unwrap_or_default(),
            }),
            no_new_privs,
            bounding,
            seccomp,
            tracer: tracer.unwrap_or(0),
            umask,
            code,
            libraries,
            state,
            threads,
            groups,
        })
    }

    /// Returns the name, if it is as `comm` has it: `status` escapes newlines and backslashes.
    pub(crate) fn name(text: &[u8]) -> Option<&[u8]> {
        let rest = text.strip_prefix(b"Name:\t")?;
        let end = memchr2(b'\n', b'\\', rest)?;
        (end > 0 && rest[end] == b'\n').then(|| &rest[..end])
    }

    /// The supplementary groups in `text`, the text that was parsed. `None` without a `Groups:` line.
    pub fn groups<'t>(&self, text: &'t [u8]) -> Option<impl Iterator<Item = u32> + use<'t>> {
        let line = text.get(self.groups.clone()?)?;
        Some(words(line).filter_map(parse_id))
    }

    /// Whether any of its threads is alive. `None` if a line is missing, or if the leader has ended before
    /// other threads: then only their own files show it.
    pub fn is_alive(&self) -> Option<bool> {
        match self.state? {
            b'Z' | b'X' | b'x' => self.threads.filter(|&threads| threads <= 1).map(|_| false),
            _ => Some(true),
        }
    }
}

/// The number of context switches, voluntary and not, from the last two lines. `None` if they are
/// missing or malformed.
pub fn switches(text: &[u8]) -> Option<u64> {
    let value = |key: &[u8]| parse_number(value(text, key)?);
    Some(value(b"voluntary_ctxt_switches:\t")? + value(b"nonvoluntary_ctxt_switches:\t")?)
}

/// Who is the parent. `None` if the line is missing or not of the kernel's form.
pub fn parent(text: &[u8]) -> Option<u32> {
    parse_id(value(text, b"PPid:\t")?)
}

/// What follows `key` in its line.
fn value<'t>(text: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(key))
}

/// Stores a line's value. `None` if there is no value, or if the line appeared before.
fn once<T>(kept: &mut Option<T>, value: Option<T>) -> Option<()> {
    if kept.is_some() {
        return None;
    }
    *kept = Some(value?);
    Some(())
}

fn parse_ids(line: &[u8]) -> Option<Ids> {
    let mut ids = words(line).map(parse_id);
    let four = Ids {
        real: ids.next()??,
        effective: ids.next()??,
        saved: ids.next()??,
        filesystem: ids.next()??,
    };
    ids.next().is_none().then_some(four)
}

/// The value after a line's tab. Empty, and so malformed, without a tab.
fn only(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\t").unwrap_or_default()
}

/// The number of ids on a line; at least one.
fn count_ids(line: &[u8]) -> Option<usize> {
    let count = words(line).try_fold(0, |count, word| parse_id(word).map(|_| count + 1))?;
    (count > 0).then_some(count)
}

/// `S (sleeping)`: the letter.
fn parse_state(line: &[u8]) -> Option<u8> {
    match line {
        [b'\t', letter, b' ', b'(', .., b')'] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => None,
    }
}

/// `     772 kB`: the number.
fn parse_size(line: &[u8]) -> Option<u64> {
    let mut words = words(line);
    let size = parse_number(words.next()?)?;
    (words.next() == Some(b"kB") && words.next().is_none()).then_some(size)
}

/// `0022`.
fn parse_octal(digits: &[u8]) -> Option<u32> {
    let is_octal = !digits.is_empty() && digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_octal)?;
    u32::from_str_radix(digits, 8).ok()
}

fn parse_flag(digit: &[u8]) -> Option<bool> {
    match digit {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Name:\tevil\\nUid:\t0\nUmask:\t0022\nTracerPid:\t0\nState:\tS (sleeping)\nPid:\t812\n\
        NSpid:\t812\t7\nUid:\t1\t33\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t0 33 1000 \nVmExe:\t     772 kB\nVmLib:\t    1900 kB\nThreads:\t1\n\
        CapInh:\t0000000000000001\nCapPrm:\t0000000002000000\nCapEff:\t0000000000000000\n\
        CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000002\nNoNewPrivs:\t1\nSeccomp:\t0\n";

    #[test]
    fn ids_groups_and_namespaces_are_read() {
        let status = Status::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(status.uid.all(), [1, 33, 3, 4]);
        assert_eq!(status.gid.all(), [5, 6, 7, 8]);
        let groups = status.groups(TEXT.as_bytes()).unwrap();
        assert_eq!(groups.collect::<Vec<_>>(), [0, 33, 1000]);
        assert_eq!((status.pid, status.pid_namespaces), (812, 2));
        assert_eq!(status.is_alive(), Some(true));
        assert_eq!((status.code, status.libraries), (Some(772), Some(1900)));
        assert_eq!((status.umask, status.tracer, status.seccomp), (Some(0o022), 0, Some(0)));
    }

    #[test]
    fn a_name_with_escapes_is_left_to_comm() {
        assert_eq!(Status::name(b"Name:\ta b\nUmask:\t0022\n"), Some(&b"a b"[..]));
        for text in [TEXT.as_bytes(), b"Name:\ta\\\\\n", b"Name:\t\n", b"Name:\ta", b"Uid:\ta\n"] {
            assert_eq!(Status::name(text), None);
        }
    }

    #[test]
    fn capabilities_are_those_held_and_not_those_that_bound() {
        let status = Status::parse(TEXT.as_bytes()).unwrap();
        let held = status.held.unwrap();
        assert_eq!(held.permitted.to_string(), "cap_sys_time");
        assert!(held.effective.is_empty());
        assert_eq!(held.any().to_string(), "cap_dac_override, cap_sys_time");
        assert_eq!(status.no_new_privs, Some(true));
        assert!(status.bounding.unwrap().to_string().ends_with("cap_checkpoint_restore"));
    }

    const LEAST: &str = "Pid:\t9\nUid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n";

    #[test]
    fn what_an_old_kernel_does_not_write_is_not_made_up() {
        let status = Status::parse(LEAST.as_bytes()).unwrap();
        assert_eq!((status.held, status.no_new_privs), (None, None));
        assert!(status.groups(b"").is_none() && status.is_alive().is_none());
    }

    #[test]
    fn whether_a_dead_leaders_threads_live_is_not_known_here() {
        let of = |threads: &str| {
            let text = format!("State:\tZ (zombie)\n{LEAST}{threads}");
            Status::parse(text.as_bytes()).unwrap().is_alive()
        };
        assert_eq!(["Threads:\t2\n", "Threads:\t1\n", ""].map(of), [None, Some(false), None]);
    }

    #[test]
    fn without_ids_it_is_no_status() {
        assert_eq!(Status::parse(b""), None);
        for key in ["Pid:", "Uid:", "Gid:"] {
            let lines = LEAST.split_inclusive('\n').filter(|line| !line.starts_with(key));
            assert_eq!(Status::parse(lines.collect::<String>().as_bytes()), None, "{key}");
        }
    }

    #[test]
    fn no_group_is_a_list_of_groups() {
        for line in ["Groups:\t \n", "Groups:\t\n"] {
            let text = TEXT.replace("Groups:\t0 33 1000 \n", line);
            let status = Status::parse(text.as_bytes()).unwrap();
            assert_eq!(status.groups(text.as_bytes()).unwrap().count(), 0, "{line:?}");
        }
    }

    #[test]
    fn a_line_that_the_kernel_would_not_write_makes_it_malformed() {
        assert!(Status::parse(TEXT.as_bytes()).is_some());
        for (line, wrong) in [
            ("Pid:\t812", &["Pid:\t", "Pid:\t-1", "Pid:\t812 7"][..]),
            ("Uid:\t1\t33\t3\t4", &["Uid:\t1\t33\t3", "Uid:\t1\t33\t3\t4\t5", "Uid:\t1\t-1\t3\t4"]),
            (
                "Groups:\t0 33 1000 ",
                &[
                    "Groups:\tx",
                    "Groups:\t0,33",
                    "Groups:\t-1",
                    "Groups:\t+33",
                    "Groups:\t0x21",
                    "Groups:\t33.0",
                    "Groups:\troot",
                    "Groups:\t4294967296",
                    "Groups:\t33\0",
                    "Groups:\t33 ...",
                    "Groups:\tGroups:\t33",
                ],
            ),
            (
                "State:\tS (sleeping)",
                &["State:\tSSS", "State:\tS", "State:\t", "State:\t7 (seven)"],
            ),
            ("NSpid:\t812\t7", &["NSpid:\t", "NSpid:\tnone", "NSpid:\t812\t-1"]),
            (
                "VmExe:\t     772 kB",
                &["VmExe:\t", "VmExe:\t772", "VmExe:\t-1 kB", "VmExe:\t772 MB"],
            ),
            ("Threads:\t1", &["Threads:\t-1", "Threads:\t"]),
            ("CapPrm:\t0000000002000000", &["CapPrm:\t", "CapPrm:\tall", "CapPrm:\t0 1"]),
            ("NoNewPrivs:\t1", &["NoNewPrivs:\t", "NoNewPrivs:\tyes", "NoNewPrivs:\t2"]),
        ] {
            let twice = format!("{line}\n{line}");
            for wrong in wrong.iter().copied().chain([&*twice]) {
                assert_eq!(Status::parse(TEXT.replace(line, wrong).as_bytes()), None, "{wrong:?}");
            }
        }
        let last = format!("{TEXT}Gid:\t0\t0\t0\t0\n");
        assert_eq!(Status::parse(last.as_bytes()), None);
        assert_eq!(Status::parse(TEXT.trim_end().as_bytes()), None, "cut");
    }
}
