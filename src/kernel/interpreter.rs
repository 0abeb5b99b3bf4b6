//! What an interpreter runs: to a sysadmin `perl daemon.pl` is `daemon.pl`, not `perl`.
//!
//! For each interpreter a table lists the options that take a value, that carry the program, or that
//! mean that there is no script.

use crate::kernel::cmdline::{arguments, base_name, program_name};

/// How to read an interpreter's command line.
struct Interpreter {
    /// One-letter options whose value is the next argument unless it is attached.
    valued: &'static [u8],
    /// One-letter options whose value, if any, is attached: the rest of the argument is no option.
    attached: &'static [u8],
    /// One-letter options that name what is run (`python -m`, `php -f`).
    program: &'static [u8],
    /// One-letter options after which there is no script (`perl -e`, `sh -c`).
    inline: &'static [u8],
    /// Long options (also those with one dash) whose value is the next argument.
    long_valued: &'static [&'static str],
    /// Long options that name what is run, in the next argument or behind `=`.
    long_program: &'static [&'static str],
    /// Options that run a module or class, whose name has dots. The empty one: no option is needed.
    dotted: &'static [&'static str],
    /// Whether one dash may introduce several letters (`python3 -um x`).
    clusters: bool,
    /// Commands that run the file after them (`deno run x.ts`), for an interpreter that has commands.
    /// Any other word is a program only if it looks like a file.
    commands: Option<&'static [&'static str]>,
    /// Whether the first word that is no option is the program's text and not a file (`awk '{print}'`).
    takes_text: bool,
}

/// An interpreter without options.
const PLAIN: Interpreter = Interpreter {
    valued: b"",
    attached: b"",
    program: b"",
    inline: b"",
    long_valued: &[],
    long_program: &[],
    dotted: &[],
    clusters: true,
    commands: None,
    takes_text: false,
};

// -l and -0 take only digits: `-lne CODE`, `-0777ne CODE` (perlrun(1)).
static PERL: Interpreter =
    Interpreter { valued: b"I", attached: b"CDFMVdimx", inline: b"eE", ..PLAIN };

static PYTHON: Interpreter = Interpreter {
    valued: b"WXQ",
    program: b"m",
    inline: b"c",
    long_valued: &["--check-hash-based-pycs"],
    dotted: &["-m"],
    ..PLAIN
};

static RUBY: Interpreter = Interpreter {
    valued: b"ICErX",
    attached: b"FKTWix",
    inline: b"e",
    long_valued: &["--encoding", "--external-encoding", "--internal-encoding"],
    ..PLAIN
};

static PHP: Interpreter = Interpreter {
    valued: b"cdzSt",
    program: b"fF",
    inline: b"rBRE",
    long_valued: &["--php-ini", "--define", "--zend-extension", "--server", "--docroot"],
    long_program: &["--file", "--process-file"],
    ..PLAIN
};

static NODE: Interpreter = Interpreter {
    valued: b"rC",
    inline: b"ep",
    long_valued: &[
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "--conditions",
        "--env-file",
        "--title",
    ],
    ..PLAIN
};

static LUA: Interpreter = Interpreter { valued: b"el", clusters: false, ..PLAIN };

static SHELL: Interpreter = Interpreter {
    valued: b"oO",
    inline: b"cs",
    long_valued: &["--rcfile", "--init-file"],
    ..PLAIN
};

static JAVA: Interpreter = Interpreter {
    valued: b"p",
    program: b"m",
    long_valued: &[
        "-cp",
        "-classpath",
        "--class-path",
        "--module-path",
        "--upgrade-module-path",
        "--add-modules",
        "--add-exports",
        "--add-opens",
        "--add-reads",
        "--limit-modules",
        "--patch-module",
        "--enable-native-access",
        "--source",
    ],
    long_program: &["-jar", "--module"],
    dotted: &["-m", "--module", ""],
    clusters: false,
    ..PLAIN
};

static DOTNET: Interpreter = Interpreter {
    long_valued: &[
        "--additionalprobingpath",
        "--additional-deps",
        "--depsfile",
        "--fx-version",
        "--roll-forward",
        "--runtimeconfig",
    ],
    commands: Some(&["exec"]),
    ..PLAIN
};

static MONO: Interpreter = Interpreter { long_valued: &["--config"], ..PLAIN };

static DENO: Interpreter = Interpreter {
    valued: b"cL",
    long_valued: &[
        "--cert",
        "--config",
        "--host",
        "--import-map",
        "--location",
        "--log-level",
        "--port",
        "--preload",
        "--seed",
    ],
    commands: Some(&["run", "serve"]),
    ..PLAIN
};

static BUN: Interpreter = Interpreter {
    valued: b"rc",
    inline: b"ep",
    long_valued: &["--config", "--cwd", "--port", "--preload"],
    commands: Some(&["run"]),
    ..PLAIN
};

static TCL: Interpreter = Interpreter { long_valued: &["-encoding"], clusters: false, ..PLAIN };

// -c runs a command before the script does.
static EXPECT: Interpreter = Interpreter { valued: b"cD", program: b"f", ..PLAIN };

// Rscript executes R, and R takes a script only through an option.
static RSCRIPT: Interpreter = Interpreter { inline: b"e", clusters: false, ..PLAIN };

static R: Interpreter = Interpreter {
    valued: b"dg",
    program: b"f",
    inline: b"e",
    long_program: &["--file"],
    clusters: false,
    commands: Some(&[]),
    ..PLAIN
};

static AWK: Interpreter = Interpreter {
    valued: b"Fvil",
    program: b"fE",
    inline: b"e",
    long_valued: &["--assign", "--field-separator", "--include", "--load"],
    long_program: &["--file", "--exec"],
    takes_text: true,
    ..PLAIN
};

/// Whether a process of this name is better known by the script it runs.
pub fn is_interpreter(comm: &[u8]) -> bool {
    find(comm).is_some()
}

/// Whether this is a shell's name.
pub fn is_shell(comm: &[u8]) -> bool {
    find(comm).is_some_and(|interpreter| std::ptr::eq(interpreter, &raw const SHELL))
}

/// Whether a shell with this command line runs a command (`-c`) or a script, and is not interactive.
pub fn shell_has_work(cmdline: &[u8]) -> bool {
    let mut arguments = arguments(cmdline).skip(1);
    arguments.any(|argument| !argument.starts_with(b"-") || argument.contains(&b'c'))
}

/// What an interpreter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    /// A script, module, jar or main class, as on the command line.
    pub text: &'a [u8],
    /// Whether its name has parts divided by dots, as a Python module's or a Java class's.
    pub is_dotted: bool,
    /// The number of the argument that names it. Those before it are the interpreter's own, those after
    /// it are the program's.
    pub at: usize,
}

impl<'a> Program<'a> {
    /// Its name without the directory.
    pub fn base_name(self) -> &'a [u8] {
        base_name(self.text)
    }

    /// Whether `name` is its base name or, if it is dotted, its last part.
    pub(crate) fn is_called(self, name: &[u8]) -> bool {
        let base = self.base_name();
        let last = base.rsplit(|&byte| byte == b'.').next();
        base == name || (self.is_dotted && last == Some(name))
    }
}

/// What an interpreter with this command line runs.
pub fn program(cmdline: &[u8]) -> Option<Program<'_>> {
    let mut arguments = arguments(cmdline).enumerate();
    let interpreter = find(program_name(arguments.next()?.1))?;
    let mut commands = interpreter.commands;
    while let Some((at, argument)) = arguments.next() {
        let ((at, text), by) = match interpreter.role(argument) {
            Role::Program(Some(program), by) => ((at, program), by),
            Role::Program(None, by) => (arguments.next()?, by),
            Role::EndOfOptions => (arguments.next()?, &b""[..]),
            Role::Flag => continue,
            Role::Valued => {
                arguments.next();
                continue;
            }
            Role::NoProgram => return None,
        };
        if let Some(known) = commands.filter(|_| by.is_empty() && !looks_like_a_file(text)) {
            if known.iter().any(|command| command.as_bytes() == text) {
                commands = None;
                continue;
            }
            return None;
        }
        let is_dotted = interpreter.dotted.iter().any(|option| option.as_bytes() == by);
        return Some(Program { text, is_dotted, at });
    }
    None
}

fn looks_like_a_file(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'.' | b'/'))
}

/// What an argument before the script is.
enum Role<'a> {
    /// The program, here or in the next argument, and the option that names it.
    Program(Option<&'a [u8]>, &'a [u8]),
    Flag,
    /// An option whose value is the next argument.
    Valued,
    EndOfOptions,
    NoProgram,
}

/// Finds an interpreter by name. A version may follow it (`python3.11`, `php8.2`). A match and not a
/// search, because this runs for every process.
fn find(name: &[u8]) -> Option<&'static Interpreter> {
    let is_of_version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let end = name.iter().rposition(|byte| !is_of_version(byte))? + 1;
    Some(match &name[..end] {
        b"perl" => &PERL,
        b"python" | b"pypy" => &PYTHON,
        b"ruby" => &RUBY,
        b"php" => &PHP,
        // Since version 23 Node names its main thread, and comm shows that name.
        b"node" | b"nodejs" | b"node-MainThread" | b"MainThread" => &NODE,
        b"lua" | b"luajit" => &LUA,
        b"sh" | b"bash" | b"dash" | b"ash" | b"zsh" | b"ksh" | b"mksh" | b"rbash" | b"csh"
        | b"tcsh" | b"fish" => &SHELL,
        b"java" => &JAVA,
        b"dotnet" => &DOTNET,
        b"mono" | b"mono-sgen" => &MONO,
        b"deno" => &DENO,
        b"bun" => &BUN,
        b"tclsh" | b"wish" => &TCL,
        b"expect" => &EXPECT,
        b"Rscript" => &RSCRIPT,
        b"R" => &R,
        b"awk" | b"gawk" | b"mawk" | b"nawk" | b"original-awk" => &AWK,
        _ => return None,
    })
}

impl Interpreter {
    fn role<'a>(&self, argument: &'a [u8]) -> Role<'a> {
        let is_one_of = |list: &[&str]| list.iter().any(|option| option.as_bytes() == argument);
        let behind_equals = |option: &&'static str| {
            let value = argument.strip_prefix(option.as_bytes())?.strip_prefix(b"=")?;
            Some(Role::Program(Some(value), option.as_bytes()))
        };
        if let Some(role) = self.long_program.iter().find_map(behind_equals) {
            return role;
        }
        match argument {
            b"--" if !self.takes_text => Role::EndOfOptions,
            // The program comes from standard input.
            b"-" => Role::NoProgram,
            _ if is_one_of(self.long_program) => Role::Program(None, argument),
            _ if is_one_of(self.long_valued) => Role::Valued,
            [b'-', b'-', ..] => Role::Flag,
            [b'+', b'o'] if self.valued.contains(&b'o') => Role::Valued,
            [b'+', ..] if self.valued.contains(&b'o') => Role::Flag,
            // A file of options. It may name the class as well (java(1)).
            [b'@', ..] if self.dotted.contains(&"") => Role::Flag,
            [b'-', letters @ ..] => self.letters(letters),
            _ if self.takes_text => Role::NoProgram,
            program => Role::Program(Some(program), b""),
        }
    }

    fn letters<'a>(&self, letters: &'a [u8]) -> Role<'a> {
        let considered = if self.clusters { letters.len() } else { 1 };
        for (at, letter) in letters.iter().enumerate().take(considered) {
            let attached = letters.get(at + 1..).filter(|rest| !rest.is_empty());
            if self.inline.contains(letter) {
                return Role::NoProgram;
            }
            if self.attached.contains(letter) {
                return Role::Flag;
            }
            if self.program.contains(letter) {
                // A long option with one dash (java's -mx) is no -m.
                let is_long = !self.clusters && attached.is_some();
                let by: &[u8] = if *letter == b'm' { b"-m" } else { b"" };
                return if is_long { Role::Flag } else { Role::Program(attached, by) };
            }
            if self.valued.contains(letter) {
                return if attached.is_some() { Role::Flag } else { Role::Valued };
            }
        }
        Role::Flag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program_of(line: &str) -> Option<String> {
        let cmdline = line.split(' ').fold(Vec::new(), |mut all, word| {
            all.extend_from_slice(word.as_bytes());
            all.push(0);
            all
        });
        program(&cmdline).map(|program| String::from_utf8_lossy(program.text).into_owned())
    }

    #[test]
    fn each_interpreter_names_what_it_runs() {
        for (line, expected) in [
            ("/usr/bin/perl -w -I lib /usr/sbin/mon -f", Some("/usr/sbin/mon")),
            ("perl -Ilib -MFoo=bar daemon.pl", Some("daemon.pl")),
            ("perl -e sleep daemon.pl", None),
            ("perl -we sleep daemon.pl", None),
            ("perl -wne print daemon.pl", None),
            ("perl -lne print daemon.pl", None),
            ("perl -0777pe s/a/b/ daemon.pl", None),
            ("perl -wT daemon.pl", Some("daemon.pl")),
            ("perl -Mre daemon.pl", Some("daemon.pl")),
            ("perl -i.save daemon.pl", Some("daemon.pl")),
            ("ruby -we sleep puma.rb", None),
            ("ruby -W2 puma.rb", Some("puma.rb")),
            ("php -f/usr/share/worker.php", Some("/usr/share/worker.php")),
            ("php -qf worker.php", Some("worker.php")),
            ("php --file=worker.php", Some("worker.php")),
            ("php -rsleep(1); x", None),
            ("node -pe 1 x", None),
            ("java @options -cp x Main", Some("Main")),
            ("java @options", None),
            ("java --module=a/b.Main", Some("a/b.Main")),
            ("dotnet /srv/app.dll --urls x", Some("/srv/app.dll")),
            ("dotnet exec --depsfile a.json app.dll", Some("app.dll")),
            ("dotnet --fx-version 8.0.1 app.dll", Some("app.dll")),
            ("dotnet build", None),
            ("mono --config x --debug /usr/lib/app.exe -x", Some("/usr/lib/app.exe")),
            ("deno run --allow-net -c deno.json server.ts", Some("server.ts")),
            ("deno server.ts", Some("server.ts")),
            ("deno serve --port 80 server.ts", Some("server.ts")),
            ("deno eval 1", None),
            ("bun run --watch index.ts", Some("index.ts")),
            ("bun run start", Some("start")),
            ("bun index.ts", Some("index.ts")),
            ("bun install", None),
            ("tclsh8.6 -encoding utf-8 app.tcl", Some("app.tcl")),
            ("expect -f login.exp x", Some("login.exp")),
            ("expect -d -c x login.exp", Some("login.exp")),
            ("tcsh -f job.csh", Some("job.csh")),
            ("fish -c ls x", None),
            ("Rscript --vanilla app.R x", Some("app.R")),
            ("Rscript -e 1 app.R", None),
            ("R --no-echo --no-restore --file=app.R --args x", Some("app.R")),
            ("R -f app.R", Some("app.R")),
            ("R --no-save", None),
            ("awk -F: -v x=1 -f /etc/job.awk /dev/null", Some("/etc/job.awk")),
            ("gawk -v x=1 --file=job.awk", Some("job.awk")),
            ("mawk -fjob.awk", Some("job.awk")),
            ("gawk -E job.awk -f x", Some("job.awk")),
            ("awk {print} -f job.awk", None),
            ("gawk -- {print} job.awk", None),
            ("gawk -e {print} -f job.awk", None),
            ("python3.11 -u -W ignore app.py -m x", Some("app.py")),
            ("python3 -m http.server", Some("http.server")),
            ("python3 -Ium gunicorn.app", Some("gunicorn.app")),
            ("python3 -c pass x", None),
            ("ruby -r json -Ilib puma.rb", Some("puma.rb")),
            ("php -d memory_limit=1 -f worker.php", Some("worker.php")),
            ("php8.2 -S localhost:80 -t www router.php", Some("router.php")),
            ("php -r sleep(1);", None),
            ("node --require x.js --inspect=9 server.js", Some("server.js")),
            ("lua -e x=1 script.lua", Some("script.lua")),
            ("/bin/sh -e -o pipefail run.sh", Some("run.sh")),
            ("bash -ec run.sh", None),
            ("-bash", None),
            ("sh -- run.sh", Some("run.sh")),
            ("java -Xmx1g -cp a:b -jar x.jar", Some("x.jar")),
            (
                "java -cp a -mx512m org.apache.catalina.startup.Bootstrap start",
                Some("org.apache.catalina.startup.Bootstrap"),
            ),
            ("java -m a/b.Main", Some("a/b.Main")),
            ("sshd -D", None),
            ("php-fpm8.2 -F", None),
            ("python3", None),
        ] {
            assert_eq!(program_of(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_program_is_called_by_its_base_name_and_a_class_by_its_last_part() {
        for (line, name, expected) in [
            ("perl /usr/sbin/mon", "mon", true),
            ("java -jar x.jar", "x.jar", true),
            ("java -jar x.jar", "jar", false),
            ("sh backup.cron", "cron", false),
            ("java org.apache.Bootstrap", "Bootstrap", true),
            ("java --module a/b.Main", "Main", true),
            ("java --module=a/b.Main", "Main", true),
            ("python3 -m http.server", "http.server", true),
            ("python3 -um http.server", "server", true),
            ("python3 app.v2", "v2", false),
        ] {
            let cmdline = line.replace(' ', "\0");
            let program = program(cmdline.as_bytes()).unwrap();
            assert_eq!(program.is_called(name.as_bytes()), expected, "{line} {name}");
        }
    }

    #[test]
    fn versions_belong_to_the_name_and_suffixes_do_not() {
        assert!(is_interpreter(b"python3.11"));
        assert!(is_interpreter(b"perl5.36.0"));
        assert!(!is_interpreter(b"sshd"));
        assert!(!is_interpreter(b"php-fpm8.2"));
        assert!(!is_interpreter(b"perldoc"));
        assert!(!is_interpreter(b"Rserve") && !is_interpreter(b"monodevelop"));
    }

    #[test]
    fn a_shell_with_work_is_told_from_one_with_a_user() {
        assert!(shell_has_work(b"sh\0-c\0check_proccount sshd\0"));
        assert!(shell_has_work(b"/bin/bash\0wrap.sh\0"));
        assert!(!shell_has_work(b"-bash\0"));
        assert!(!shell_has_work(b"bash\0-i\0"));
    }
}
