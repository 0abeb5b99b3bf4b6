//! Where an interpreter has the code from that it runs: a script, or the directories and archives in which
//! it looks for a module or a class.

use procwarden::kernel::cmdline::{arguments, program_name};
use procwarden::kernel::interpreter::{Program, is_interpreter, program};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;

/// Options of Java with a list of directories and archives.
const CLASS_PATHS: [&[u8]; 5] = [b"-cp", b"-classpath", b"--class-path", b"-p", b"--module-path"];

/// The paths of the code that an interpreter runs, as on its command line: relative ones begin at its
/// working directory, and an empty one is that directory. None of a program that is no interpreter.
pub(super) fn code_of_interpreter(process: &mut Process<'_>) -> Fact<Vec<Vec<u8>>> {
    let comm = process.comm()?;
    Ok(code(process.cmdline()?, comm.as_bytes()))
}

/// The same of a command line, and of the name of the program that runs it.
pub(super) fn code(cmdline: &[u8], comm: &[u8]) -> Vec<Vec<u8>> {
    let own = arguments(cmdline).next().unwrap_or_default();
    let name = program_name(own);
    if is_interpreter(name) {
        return program(cmdline).map_or_else(Vec::new, |program| places(cmdline, name, program));
    }
    if !is_interpreter(comm) {
        return Vec::new();
    }
    // It was started under another name: `exec -a appd python3 /opt/app.py`.
    let renamed = [comm, cmdline.get(own.len()..).unwrap_or_default()].concat();
    program(&renamed).map_or_else(Vec::new, |program| places(&renamed, comm, program))
}

fn places(cmdline: &[u8], name: &[u8], program: Program<'_>) -> Vec<Vec<u8>> {
    let all: Vec<_> = arguments(cmdline).collect();
    let options = &all[1..program.at.max(1)];
    if !program.is_dotted {
        return vec![program.text.to_vec()];
    }
    if name.starts_with(b"java") {
        return class_path(options);
    }
    // `python -m x` looks in its working directory first, unless it is told not to.
    let is_python = name.starts_with(b"python") || name.starts_with(b"pypy");
    if is_python && !is_isolated(options) { vec![Vec::new()] } else { Vec::new() }
}

/// The elements of Java's class path, which is the working directory if it is not named.
fn class_path(options: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut found: Option<&[u8]> = None;
    for (at, option) in options.iter().enumerate() {
        let attached =
            CLASS_PATHS.iter().find_map(|name| option.strip_prefix(*name)?.strip_prefix(b"="));
        let next = options.get(at + 1).filter(|_| CLASS_PATHS.contains(option));
        found = attached.or(next.copied()).or(found);
    }
    // `lib/*` stands for the archives in it.
    let plain = |element: &[u8]| element.strip_suffix(b"/*").unwrap_or(element).to_vec();
    found.map_or_else(
        || vec![Vec::new()],
        |list| list.split(|&byte| byte == b':').map(plain).collect(),
    )
}

/// Whether Python's options keep its working directory out: `-I` or `-P`.
fn is_isolated(options: &[&[u8]]) -> bool {
    options.iter().filter_map(|option| option.strip_prefix(b"-")).any(|letters| {
        let mut flags = letters.iter().take_while(|letter| !b"-cmQWX".contains(letter));
        flags.any(|flag| b"IP".contains(flag))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_classes_are_looked_for_and_scripts_are_named() {
        let paths = |line: &str, comm: &str| {
            let cmdline = line.replace(' ', "\0") + "\0";
            let found = code(cmdline.as_bytes(), comm.as_bytes());
            found.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect::<Vec<_>>()
        };
        for (line, comm, expected) in [
            ("python3 /opt/a.py", "python3", &["/opt/a.py"][..]),
            ("python3 -m app x", "python3", &[""]),
            ("python3 -um app", "python3", &[""]),
            ("python3 -I -m app", "python3", &[]),
            ("python3 -uPm app", "python3", &[]),
            ("python3 -Wignore::ImportWarning -m app", "python3", &[""]),
            ("python3 -c pass", "python3", &[]),
            ("appd /opt/a.py -x", "python3.11", &["/opt/a.py"]),
            ("appd /opt/a.py", "appd", &[]),
            ("java -cp /opt/a.jar:lib/* Main -cp x", "java", &["/opt/a.jar", "lib"]),
            ("java --class-path=/opt/a.jar Main", "java", &["/opt/a.jar"]),
            ("java -p /opt/mods -m a/b.Main", "java", &["/opt/mods"]),
            ("java Main", "java", &[""]),
            ("java -cp /opt/a -jar /opt/b.jar", "java", &["/opt/b.jar"]),
            ("sshd -D", "sshd", &[]),
            ("", "", &[]),
        ] {
            assert_eq!(paths(line, comm), expected, "{line}");
        }
    }
}
