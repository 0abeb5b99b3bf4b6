//! Translates options of `check_procs` into a spec, for an error to people who type them out of habit:
//! `-C sshd -u root` is `sshd,user=root`.

use std::ffi::OsString;

use crate::text::escape;

/// Its options that select processes, and the beginning of the term that means the same.
const OPTIONS: [(&str, &str, &str); 6] = [
    ("-C", "--command", ""),
    ("-u", "--user", "user="),
    ("-p", "--ppid", "ppid="),
    ("-s", "--state", "state="),
    ("-a", "--argument-array", "args~"),
    ("", "--ereg-argument-array", "args~"),
];

/// The spec that these arguments mean; `None` if none is an option of `check_procs` that selects.
pub(super) fn as_spec(arguments: &[OsString]) -> Option<String> {
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    let mut terms = Vec::new();
    while let Some(argument) = arguments.next() {
        for (short, long, key) in OPTIONS {
            let value = if argument == long || (!short.is_empty() && argument == short) {
                arguments.next().map(std::borrow::Cow::into_owned)
            } else if let Some(value) =
                argument.strip_prefix(long).and_then(|v| v.strip_prefix('='))
            {
                Some(value.to_owned())
            } else {
                let attached = argument.strip_prefix(short).filter(|_| !short.is_empty());
                attached.filter(|_| !argument.starts_with("--")).map(str::to_owned)
            };
            let Some(value) = value else { continue };
            terms.push(format!("{key}{}", value.replace(',', ",,")));
            break;
        }
    }
    // A bare name goes first.
    terms.sort_by_key(|term| term.contains(['=', '~']));
    (!terms.is_empty()).then(|| escape::bounded(terms.join(",").as_bytes(), 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_terms() {
        let spec = |line: &str| as_spec(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for (line, right) in [
            ("-C sshd -u root", "sshd,user=root"),
            ("-u root -Csshd -c 1:", "sshd,user=root"),
            ("--command=sshd --ereg-argument-array=x{1,3}", "sshd,args~x{1,,3}"),
            ("-s Z", "state=Z"),
        ] {
            assert_eq!(spec(line).as_deref(), Some(right), "{line}");
        }
        assert_eq!(spec("--frob sshd"), None);
    }
}
