//! A command line of a service, see systemd.service(5), "Command lines".

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where systemd looks for a program without a path (systemd.service(5), "Command lines").
const PATH: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// Which setting it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `ExecStart=`: the service itself.
    Start,
    /// `ExecStartPre=`, `ExecStopPost=` and the like: what runs before, after, or to reload.
    Other,
}

/// A program that a service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Where it stands.
    pub step: Step,
    /// The program: a path, or a name that is looked for. Its specifiers are filled in.
    pub program: Vec<u8>,
    /// The program and its arguments, each ended by a NUL, as in `/proc/PID/cmdline`. Variables are not
    /// filled in.
    pub cmdline: Vec<u8>,
    /// `+`: none of the restrictions apply to it.
    pub is_unrestricted: bool,
    /// `+`, `!` or `!!`: it begins as root, whatever `User=` says.
    pub keeps_root: bool,
}

impl Command {
    /// Where the program is; `None` if no program has its name.
    pub fn path(&self) -> Option<PathBuf> {
        let program = Path::new(OsStr::from_bytes(&self.program));
        if program.is_absolute() {
            return Some(program.to_owned());
        }
        in_search_path(program)
    }
}

/// Where systemd finds a program by its name.
pub fn in_search_path(name: &Path) -> Option<PathBuf> {
    PATH.iter().map(|directory| Path::new(directory).join(name)).find(|path| path.exists())
}

/// The commands of a value: a `;` between blanks separates several.
pub(super) fn commands(step: Step, value: &[u8]) -> Vec<Command> {
    let words = words(value);
    let all = words.split(|word| word == b";");
    all.filter_map(|words| Some(command(step, words.split_first()?))).collect()
}

fn command(step: Step, (word, arguments): (&Vec<u8>, &[Vec<u8>])) -> Command {
    let marks = word.iter().take_while(|byte| b"-@:+!|".contains(byte)).count();
    let (marks, program) = word.split_at(marks);
    let is_unrestricted = marks.contains(&b'+');
    let keeps_root = is_unrestricted || marks.contains(&b'!');
    // With @ the program's name for itself comes first.
    let arguments = arguments.iter().skip(usize::from(marks.contains(&b'@')));
    let mut cmdline = Vec::new();
    for word in [program].into_iter().chain(arguments.map(Vec::as_slice)) {
        cmdline.extend_from_slice(word);
        cmdline.push(0);
    }
    Command { step, program: program.to_vec(), cmdline, is_unrestricted, keeps_root }
}

/// Words between blanks; quotes keep blanks together, a backslash takes away the next character's meaning
/// (`\x20` and its kin are rare in what matters here: they stay as they are).
fn words(value: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = value.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            _ if quote == Some(byte) => quote = None,
            b'"' | b'\'' if quote.is_none() => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            b'\\' => word.get_or_insert_default().push(bytes.next().unwrap_or(byte)),
            _ if quote.is_none() && byte.is_ascii_whitespace() => all.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    all.extend(word);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_told_from_the_program() {
        let read = |value: &str| {
            let all = commands(Step::Start, value.as_bytes()).into_iter();
            let shown = |one: Command| {
                let program = String::from_utf8_lossy(&one.program).into_owned();
                (program, one.is_unrestricted, one.keeps_root)
            };
            all.map(shown).collect::<Vec<_>>()
        };
        let one = |program: &str, plus, root| (program.to_owned(), plus, root);
        assert_eq!(read("/usr/sbin/sshd -D $OPTS"), [one("/usr/sbin/sshd", false, false)]);
        assert_eq!(read("-@/bin/a b c"), [one("/bin/a", false, false)]);
        assert_eq!(read("-+/bin/a"), [one("/bin/a", true, true)]);
        assert_eq!(read("!!/bin/a -x !"), [one("/bin/a", false, true)]);
        assert_eq!(
            read("\"/opt/my app/x\" 'a ; b' ; +y"),
            [one("/opt/my app/x", false, false), one("y", true, true)]
        );
        let lines = |value: &str| -> Vec<_> {
            commands(Step::Start, value.as_bytes()).into_iter().map(|one| one.cmdline).collect()
        };
        assert_eq!(lines("-@/bin/sh name -e '/x y' ; z"), [&b"/bin/sh\0-e\0/x y\0"[..], b"z\0"]);
        assert_eq!(read(""), []);
        assert_eq!(read("\\"), [one("\\", false, false)]);
    }
}
