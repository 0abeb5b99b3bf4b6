//! Translates options of `check_procs`, for an error to people who type them out of habit:
//! `-C sshd -u root` is the spec `sshd,user=root`, `-m RSS -c 500000 -C x` is `x,max=rss:-500000k`.

use std::ffi::OsString;

use crate::nagios::range::Thresholds;
use crate::select::selector::Subject;
use crate::select::spec::Spec;
use crate::text::ere;
use crate::text::escape;

/// Its options that choose processes, or what to measure of them.
const OPTIONS: [(&str, &str); 15] = [
    ("-C", "--command"),
    ("-u", "--user"),
    ("-p", "--ppid"),
    ("-s", "--status"),
    ("-s", "--state"),
    ("-a", "--argument-array"),
    ("", "--ereg-argument-array"),
    ("-r", "--rss"),
    ("-z", "--vsz"),
    ("-P", "--pcpu"),
    ("-X", "--exclude-process"),
    ("-m", "--metric"),
    ("-w", "--warning"),
    ("-c", "--critical"),
    ("-g", "--cgroup-hierarchy"),
];

/// Its metrics, with the key and the unit that a spec has for them.
const METRICS: [(&str, &str, &str); 4] =
    [("VSZ", "vsz", "k"), ("RSS", "rss", "k"), ("CPU", "cpu", "%"), ("ELAPSED", "age", "s")];

/// What was asked of `check_procs`.
#[derive(Default)]
pub(super) struct Asked {
    name: Option<String>,
    terms: Vec<String>,
    metric: Option<String>,
    /// `-w` and `-c`.
    ranges: [Option<String>; 2],
    /// An option that no spec can say.
    has_more: bool,
}

impl Asked {
    pub(super) fn read(arguments: &[OsString]) -> Self {
        let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            let found = OPTIONS.iter().find_map(|&(short, long)| {
                let value = if argument == long || (!short.is_empty() && argument == short) {
                    arguments.next()?.into_owned()
                } else if let Some(value) = argument.strip_prefix(long) {
                    value.strip_prefix('=')?.to_owned()
                } else {
                    let is_short = !short.is_empty() && !argument.starts_with("--");
                    argument.strip_prefix(short).filter(|_| is_short)?.to_owned()
                };
                Some((long, value))
            });
            if let Some((long, value)) = found {
                asked.take(long, value);
            }
        }
        asked
    }

    fn take(&mut self, long: &str, value: String) {
        let quoted = value.replace(',', ",,");
        match long {
            "--command" => self.name = Some(quoted),
            "--metric" => self.metric = Some(value).filter(|metric| metric != "PROCS"),
            "--warning" => self.ranges[0] = Some(value),
            "--critical" => self.ranges[1] = Some(value),
            "--user" => self.terms.push(format!("user={quoted}")),
            "--ppid" => self.terms.push(format!("ppid={value}")),
            "--rss" => self.terms.push(format!("rss={value}k-")),
            "--vsz" => self.terms.push(format!("vsz={value}k-")),
            "--pcpu" => self.terms.push(format!("cpu={value}%-")),
            "--argument-array" => {
                let text = ere::literal(value.as_bytes()).replace(',', ",,");
                self.terms.push(format!("args~{text}"));
            }
            "--ereg-argument-array" => self.terms.push(format!("args~{quoted}")),
            "--exclude-process" => {
                self.terms.extend(value.split(',').map(|name| format!("not-name={name}")));
            }
            "--status" | "--state" => {
                let is_state = value.bytes().all(|letter| b"RSDZTtIX".contains(&letter));
                let key = if is_state { "state=" } else { "pstat~" };
                self.terms.push(format!("{key}{quoted}"));
            }
            _ => self.has_more = true,
        }
    }

    /// The specs that ask the same; `None` if there is none. Where processes are counted, `-w` and `-c` stay.
    pub(super) fn specs(&self) -> Option<String> {
        let Some(metric) = &self.metric else {
            return self.selector();
        };
        let (_, key, unit) = METRICS.into_iter().find(|(name, ..)| name == metric)?;
        let mut ends = [[None, None], [None, None]];
        for (at, range) in self.ranges.iter().enumerate() {
            let Some(range) = range else { continue };
            let (min, max) = ends_of(range)?;
            ends[0][at] = min.map(|min| format!("{min}{unit}-"));
            ends[1][at] = max.map(|max| format!("-{max}{unit}"));
        }
        let first = self.selector().map(|selector| selector + ",").unwrap_or_default();
        let specs = ["min", "max"].into_iter().zip(ends).filter_map(|(how, ends)| {
            let ranges = match ends {
                [None, None] => return None,
                [Some(warning), None] => format!("{warning}:any"),
                [None, Some(critical)] => critical,
                [Some(warning), Some(critical)] => format!("{warning}:{critical}"),
            };
            Some(format!("{first}{how}={key}:{ranges}"))
        });
        let specs: Vec<_> = specs.filter(|spec| is_spec(spec)).collect();
        (!self.has_more && !specs.is_empty()).then(|| shown(&specs.join(" ")))
    }

    /// The selector for the same processes, of which CPU time is measured.
    pub(super) fn measured_for_cpu(&self) -> Option<String> {
        let is_of_cpu = self.metric.as_ref().is_none_or(|metric| metric == "CPU");
        self.selector().filter(|_| is_of_cpu)
    }

    /// The terms that choose the same processes, the name first.
    fn selector(&self) -> Option<String> {
        let terms: Vec<_> = self.name.iter().chain(&self.terms).map(String::as_str).collect();
        let text = terms.join(",");
        (!self.has_more && !terms.is_empty() && is_spec(&text)).then(|| shown(&text))
    }
}

/// The least and the greatest number that are no alert; `None` if it is no plain range.
fn ends_of(range: &str) -> Option<(Option<&str>, Option<&str>)> {
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    let (min, max) = range.split_once(':').unwrap_or(("", range));
    let min = Some(min).filter(|min| !matches!(*min, "" | "~" | "0"));
    let max = Some(max).filter(|max| !max.is_empty());
    [min, max].into_iter().flatten().all(is_number).then_some((min, max))
}

/// Whether it is right, but for what this host lacks.
fn is_spec(text: &str) -> bool {
    let read = Spec::parse(text.as_bytes(), Subject::Program, Thresholds::default());
    read.map_or_else(|error| error.is_of_host(), |_| true)
}

fn shown(text: &str) -> String {
    escape::bounded(text.as_bytes(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Asked {
        Asked::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_become_terms() {
        for (line, right) in [
            ("-C sshd -u root", "sshd,user=root"),
            ("-u root -Csshd -c 1:", "sshd,user=root"),
            ("--command=sshd --ereg-argument-array=x{1,3}", "sshd,args~x{1,,3}"),
            ("-s Z", "state=Z"),
            ("-s Ss -C sshd", "sshd,pstat~Ss"),
            ("-a x.jar -r 500000 -P 80", "args~x[.]jar,rss=500000k-,cpu=80%-"),
            ("-C x -X a,b -m PROCS", "x,not-name=a,not-name=b"),
        ] {
            assert_eq!(asked(line).specs().as_deref(), Some(right), "{line}");
        }
        for line in ["--frob sshd", "-C x -g y", "-C ^x$", "-C x -p y"] {
            assert_eq!(asked(line).specs(), None, "{line}");
        }
    }

    #[test]
    fn a_metric_becomes_a_measure() {
        for (line, right) in [
            ("-m RSS -c 500000 -C x", "x,max=rss:-500000k"),
            ("-m RSS -w 400000 -c 500000 -C x", "x,max=rss:-400000k:-500000k"),
            (
                "-m VSZ -w 1:9 -c :20 -u root",
                "user=root,min=vsz:1k-:any user=root,max=vsz:-9k:-20k",
            ),
            ("--metric=CPU --warning=80 -C x", "x,max=cpu:-80%:any"),
            ("-m ELAPSED -c 60:3600", "min=age:60s- max=age:-3600s"),
            ("-m CPU -w ~:80.5 -c 0:90 -C x", "x,max=cpu:-80.5%:-90%"),
        ] {
            assert_eq!(asked(line).specs().as_deref(), Some(right), "{line}");
        }
        for line in ["-m RSS -C x", "-m RSS -c @1:2 -C x", "-m rss -c 5 -C x", "-m RSS -c x -C x"] {
            assert_eq!(asked(line).specs(), None, "{line}");
        }
        let of_cpu = |line| asked(line).measured_for_cpu();
        assert_eq!(of_cpu("-m CPU -w 80 -C x").as_deref(), Some("x"));
        assert_eq!(of_cpu("-m RSS -c 80 -C x"), None);
        assert_eq!(of_cpu("-m CPU -w 80"), None);
    }
}
