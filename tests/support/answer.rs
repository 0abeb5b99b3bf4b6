//! What a run of the program answered, and what a test may ask of it. Every assertion shows the
//! whole answer when it fails, and gives it back when it holds, so that they chain.

use std::fmt;

/// Output and exit code of one run.
pub(crate) struct Answer {
    pub(crate) command: String,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) code: Option<i32>,
}

impl Answer {
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|e| panic!("not UTF-8: {e}\n{self}"))
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout().lines().collect()
    }

    pub(crate) fn first_line(&self) -> &str {
        self.stdout().lines().next().unwrap_or_default()
    }

    /// The first line up to the perfdata.
    pub(crate) fn status(&self) -> &str {
        self.first_line().split('|').next().unwrap_or_default()
    }

    /// The first line's perfdata.
    pub(crate) fn perfdata(&self) -> &str {
        self.first_line().split_once('|').map_or("", |(_, perfdata)| perfdata)
    }

    /// What an item of the perfdata counts.
    #[track_caller]
    pub(crate) fn counted(&self, label: &str) -> u32 {
        let items = self.items();
        let item = items.iter().find(|(found, _)| *found == label);
        let (_, value) = item.unwrap_or_else(|| panic!("no {label}\n{self}"));
        let number = value.split(';').next().unwrap_or_default();
        number.parse().unwrap_or_else(|_| panic!("{label}={number}\n{self}"))
    }

    /// Perfdata cut to its items: label (unquoted) and the rest.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<(&str, &str)> {
        let mut items = Vec::new();
        let mut rest = self.perfdata();
        while !rest.is_empty() {
            let quoted = rest.strip_prefix('\'');
            let cut = quoted.and_then(|rest| rest.split_once("'="));
            let Some((label, after)) = cut else { panic!("bad perfdata at {rest:?}\n{self}") };
            let (value, after) = after.split_once(' ').unwrap_or((after, ""));
            items.push((label, value));
            rest = after;
        }
        items
    }

    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "the exit code\n{self}");
        self
    }

    /// This, and nothing else, is what it printed.
    #[track_caller]
    pub(crate) fn prints(&self, text: &str) -> &Self {
        assert_eq!(self.stdout(), text, "the whole output\n{self}");
        self
    }

    /// Exit 0, and the status line is exactly this after `PROCCOUNT is OK: `.
    #[track_caller]
    pub(crate) fn ok(&self, text: &str) -> &Self {
        self.state(0, "OK", text)
    }

    #[track_caller]
    pub(crate) fn warning(&self, text: &str) -> &Self {
        self.state(1, "WARNING", text)
    }

    #[track_caller]
    pub(crate) fn critical(&self, text: &str) -> &Self {
        self.state(2, "CRITICAL", text)
    }

    #[track_caller]
    pub(crate) fn state(&self, code: i32, state: &str, text: &str) -> &Self {
        let line = format!("PROCCOUNT is {state}: {text}");
        assert_eq!(self.status(), line, "the status line\n{self}");
        self.code(code)
    }

    /// Exit 2, and the status line begins so after `PROCCOUNT is CRITICAL: `: what follows explains.
    #[track_caller]
    pub(crate) fn critical_with(&self, start: &str) -> &Self {
        let start = format!("PROCCOUNT is CRITICAL: {start}");
        assert!(self.status().starts_with(&start), "the status line's start\n{self}");
        self.code(2)
    }

    /// Exit 3 and the words for it.
    #[track_caller]
    pub(crate) fn unknown(&self) -> &Self {
        assert!(self.status().starts_with("PROCCOUNT is UNKNOWN: "), "UNKNOWN\n{self}");
        self.code(3)
    }

    #[track_caller]
    pub(crate) fn perf(&self, perfdata: &str) -> &Self {
        assert_eq!(self.perfdata(), perfdata, "the perfdata\n{self}");
        self
    }

    /// Holds this text somewhere, upper or lower case.
    #[track_caller]
    pub(crate) fn has(&self, part: &str) -> &Self {
        let found = self.stdout().to_lowercase().contains(&part.to_lowercase());
        assert!(found, "no {part:?} in the output\n{self}");
        self
    }

    /// Prints nothing, and holds this text on standard error.
    #[track_caller]
    pub(crate) fn complains(&self, part: &str) -> &Self {
        let said = String::from_utf8_lossy(&self.stderr);
        assert!(said.contains(part) && self.stdout.is_empty(), "no complaint {part:?}\n{self}");
        self
    }

    /// Holds one of these texts.
    #[track_caller]
    pub(crate) fn has_one_of(&self, parts: &[&str]) -> &Self {
        let all = self.stdout().to_lowercase();
        let found = parts.iter().any(|part| all.contains(&part.to_lowercase()));
        assert!(found, "none of {parts:?} in the output\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, part: &str) -> &Self {
        assert!(!self.stdout().contains(part), "{part:?} in the output\n{self}");
        self
    }

    /// Prints exactly this many lines.
    #[track_caller]
    pub(crate) fn line_count(&self, n: usize) -> &Self {
        assert_eq!(self.lines().len(), n, "the number of lines\n{self}");
        self
    }

    /// What holds for every report, whatever it says: the schedulers cut, mangle or misread what
    /// breaks one of these.
    #[track_caller]
    pub(crate) fn lawful(&self) -> &Self {
        assert!(self.stderr.is_empty(), "stderr must stay empty\n{self}");
        assert!(matches!(self.code, Some(0..=3)), "exit code 0 to 3\n{self}");
        let out = self.stdout();
        let control = out.chars().find(|&c| c != '\n' && c.is_control());
        assert_eq!(control, None, "control character\n{self}");
        assert!(out.len() <= 4096, "{} bytes, more than 4,096\n{self}", out.len());
        assert!(self.status().len() < 512, "first line's text is not under 512 bytes\n{self}");
        assert!(out.matches('|').count() <= 1, "a second pipe sign\n{self}");
        assert!(!out.lines().skip(1).any(|line| line.contains('|')), "pipe sign below\n{self}");
        assert!(!out.contains("\n\n") && !out.starts_with('\n'), "an empty line\n{self}");
        assert!(out.is_empty() || out.ends_with('\n'), "no newline at the end\n{self}");
        self
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "---- command: {}", self.command)?;
        writeln!(f, "---- code:    {:?}", self.code)?;
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
        writeln!(f, "---- stdout:\n{}", show(&self.stdout).replace("\\n", "\n"))?;
        writeln!(f, "---- stderr:\n{}", show(&self.stderr).replace("\\n", "\n"))
    }
}
