//! Icinga 2: the shipped `CheckCommand`s and services, run by the real daemon.
//!
//! No API and so no certificates: what Icinga made of a check is read from its state
//! file, which it writes when it stops, and from its perfdata writer, which shows what
//! it parsed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::cases::{
    Case, Cases, ages_left_out, assert_panicked, assert_sound, assert_understood, examples, items,
    split, values,
};
use crate::drop_ins::{self, Host};
use crate::lab::{Answer, Lab, Running, answer, have, repository, wait_for};

fn installed() -> bool {
    have(&["icinga2", "python3"])
}

/// The words of a call as the custom variables of the `CheckCommand`.
fn variables(words: &[String]) -> String {
    let mut text = String::new();
    let mut specs = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name = match word.as_str() {
            "-v" => {
                text += "  vars.proccount_verbosity = \"-v\"\n";
                continue;
            }
            "-t" => "timeout",
            "--proc-root" => "proc_root",
            "--specs-from" => "specs_from",
            spec => {
                specs.push(quoted(spec));
                continue;
            }
        };
        let value = quoted(words.next().unwrap());
        writeln!(text, "  vars.proccount_{name} = {value}").unwrap();
    }
    if !specs.is_empty() {
        writeln!(text, "  vars.proccount_specs = [ {} ]", specs.join(", ")).unwrap();
    }
    text
}

/// A string of Icinga's language; none of ours holds what would need more care.
fn quoted(text: &str) -> String {
    assert!(!text.contains(['"', '\\', '$', '\n']), "{text}");
    format!("\"{text}\"")
}

/// An Icinga on the lab's directories: `icinga2 daemon OPTIONS`.
fn daemon(lab: &Lab, config: &str, options: &[&str]) -> Command {
    let mut command = lab.daemon("icinga2");
    command.args(["daemon", "-c", config]).args(options);
    let root = lab.root();
    let mut define = |what: String| {
        command.args(["-D", &format!("Configuration.{what}")]);
    };
    define(format!("RunAsUser={}", lab.user()));
    define(format!("RunAsGroup={}", lab.group()));
    define(format!("PidPath={root}/run/icinga2.pid"));
    for (name, dir) in [
        ("Data", "data"),
        ("Log", "log"),
        ("Cache", "cache"),
        ("InitRun", "run"),
        ("Spool", "spool"),
    ] {
        lab.make_dir(dir);
        define(format!("{name}Dir={root}/{dir}"));
    }
    command
}

/// What an admin's own configuration has, around the shipped definitions.
fn configuration(lab: &Lab, services: &str) -> String {
    lab.make_dir("perf");
    lab.write("procwarden.conf", lab.shipped("icinga2/procwarden.conf"));
    lab.write("procwarden-services.conf", lab.shipped("icinga2/procwarden-services.conf"));
    let text = format!(
        r#"include <itl>
const PluginDir = "/usr/lib/nagios/plugins"
const PluginContribDir = "{root}/plugins"
include <plugins>
include <plugins-contrib>
const NodeName = "lab"
object IcingaApplication "app" {{ }}
object CheckerComponent "checker" {{ }}
object FileLogger "log" {{ severity = "information"; path = "{root}/log/icinga2.log" }}
object PerfdataWriter "perfdata" {{
  service_perfdata_path = "{root}/perf/service"
  service_temp_path = "{root}/perf/service.tmp"
  host_perfdata_path = "{root}/perf/host"
  host_temp_path = "{root}/perf/host.tmp"
  rotation_interval = 1s
  service_format_template = "$service.name$\t$service.perfdata$"
}}
template Service "generic-service" {{
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
include "procwarden.conf"
{services}"#,
        root = lab.root(),
    );
    let path = lab.write("icinga2.conf", text);
    path.to_str().unwrap().to_owned()
}

fn validate(lab: &Lab, config: &str, options: &[&str]) {
    let said = answer(&mut daemon(lab, config, options));
    assert_eq!(said.code, 0, "icinga2 daemon -C: {}", said.text);
    assert!(!said.text.contains("warning/"), "{}", said.text);
}

/// The names of the services that the perfdata writer has written about.
fn written(lab: &Lab) -> BTreeMap<String, String> {
    let files = fs::read_dir(lab.path("perf")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    let texts: Vec<_> = texts.collect();
    // What it has not ended yet is part of a line.
    let lines = texts.iter().flat_map(|text| text.split_inclusive('\n'));
    lines
        .filter_map(|line| line.strip_suffix('\n'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, perfdata)| (name.to_owned(), perfdata.to_owned()))
        .collect()
}

/// What Icinga remembers of its services' last checks: the answer, as far as it kept
/// it, and the perfdata.
fn remembered(lab: &Lab) -> BTreeMap<String, (Answer, String)> {
    let dir = lab.make_dir("services");
    let helper = repository("tests/daemons/icinga2-state.py");
    let state = lab.path("data/icinga2.state");
    let said = answer(Command::new("python3").arg(helper).arg(state).arg(&dir));
    assert_eq!(said.code, 0, "{said:?}");
    let read = |name: &str, what| fs::read_to_string(dir.join(format!("{name}.{what}"))).unwrap();
    let names = said.text.lines();
    names
        .map(|name| {
            let code = read(name, "state").parse().unwrap();
            let kept = Answer { code, text: read(name, "output") };
            (name.to_owned(), (kept, read(name, "perfdata")))
        })
        .collect()
}

/// Runs the daemon until all these services have been checked. Returns what it remembers
/// of them, and the perfdata as it parsed it.
fn run(
    lab: &Lab,
    config: &str,
    services: &[&str],
) -> (BTreeMap<String, (Answer, String)>, BTreeMap<String, String>) {
    let running: Running = lab.start("icinga2", &mut daemon(lab, config, &[]));
    // Kept from before the stop: two rotations in one second overwrite each other's file.
    let mut parsed = BTreeMap::new();
    wait_for("every service to be checked", 60, || {
        let log = || lab.log("icinga2.out") + &lab.log("log/icinga2.log");
        assert!(running.is_alive(), "{}", log());
        parsed.append(&mut written(lab));
        services.iter().all(|service| parsed.contains_key(*service)).then_some(())
    });
    running.stop();
    (remembered(lab), parsed)
}

fn service(name: &str, command: &str, variables: &str) -> String {
    format!(
        "object Service \"{name}\" {{\n  import \"generic-service\"\n  host_name = \"lab\"\n  \
         check_command = \"{command}\"\n{variables}}}\n"
    )
}

#[test]
fn icinga2_takes_every_answer_whole() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let mut text = String::from("object Host \"lab\" { check_command = \"dummy\" }\n");
    for case in &cases.all {
        text += &service(case.name, "proccount", &variables(&case.words));
    }
    let mut names: Vec<_> = cases.all.iter().map(|case| case.name).collect();
    if let Some(plugin) = lab.panicking() {
        let plugin = plugin.display();
        writeln!(text, "object CheckCommand \"panic\" {{ command = [ \"{plugin}\" ] }}").unwrap();
        text += &service("panic", "panic", "");
        names.push("panic");
    }
    let config = configuration(&lab, &text);
    validate(&lab, &config, &["-C"]);
    let (known, parsed) = run(&lab, &config, &names);
    for case in &cases.all {
        let by_hand = lab.by_hand("check_proccount", &case.words);
        assert_sound(case, &by_hand);
        let (kept, perfdata) = &known[case.name];
        assert_handed_on(case, &by_hand, kept, perfdata);
        let expected = split(by_hand.text.lines().next().unwrap()).1;
        assert_eq!(values(&parsed[case.name]), as_numbers(expected), "{}: parsed", case.name);
    }
    if lab.panicking().is_some() {
        assert_panicked(&known["panic"].0);
    }
}

/// The `procs` of Icinga's own template library, with nothing set and with everything.
#[test]
fn icinga2s_own_procs_finds_the_drop_in_as_the_original() {
    if !installed() {
        return;
    }
    for (lab, host) in Host::healthy_and_broken() {
        let ppid = std::process::id();
        let all = format!(
            "command = \"{}\"; argument = \"x.conf\"; argument_regex = \"^/.* --config\"; \
             metric = \"PROCS\"; nokthreads = true; pcpu = 0; ppid = {ppid}; rss = 1; state = \"S\"; \
             timeout = 20; traditional = true; user = \"{}\"; vsz = 1; warning = \"1:250\"; \
             critical = \"1:400\"",
            host.daemon,
            lab.user()
        );
        let [warning, critical] = drop_ins::ZOMBIE_LIMITS;
        let zombies = format!("state = \"Z\"; warning = {warning}; critical = {critical}");
        let sizes = format!("metric = \"VSZ\"; command = \"{}\"; warning = 1", host.daemon);
        let calls = [
            ("nothing", "", [0, 1]),
            ("all", &all, [0, 2]),
            ("zombies", &zombies, [0, 2]),
            ("sizes", &sizes, [2, 0]),
        ];
        let mut text = format!(
            "object Host \"lab\" {{ check_command = \"dummy\" }}\n\
             object CheckCommand \"drop-in\" {{ import \"procs\"; \
             command = [ \"{}/plugins/check_procs\" ] }}\n",
            lab.root()
        );
        let mut names = Vec::new();
        for (name, variables, _) in &calls {
            let variables = match *variables {
                "" => String::new(),
                some => format!("  vars.procs_{}\n", some.replace("; ", "\n  vars.procs_")),
            };
            text += &service(name, "procs", &variables);
            text += &service(&format!("ours-{name}"), "drop-in", &variables);
            names.extend([(*name).to_owned(), format!("ours-{name}")]);
        }
        let config = configuration(&lab, &text);
        validate(&lab, &config, &["-C"]);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let (known, _) = run(&lab, &config, &names);
        for (name, _, states) in calls {
            let codes = ["", "ours-"].map(|mark| known[&format!("{mark}{name}")].0.code);
            assert_eq!(codes, [host.expected(states); 2], "{name}: {known:?}");
        }
    }
}

/// State, every line and the perfdata are as the plugin gave them.
fn assert_handed_on(case: &Case, by_hand: &Answer, kept: &Answer, perfdata: &str) {
    assert_eq!(kept.code, case.state, "{}: {kept:?}", case.name);
    let (first, rest) = by_hand.text.split_once('\n').unwrap();
    let (status, expected) = split(first);
    let text = ages_left_out(&format!("{status}\n{rest}"));
    assert_eq!(ages_left_out(&kept.text).trim_end(), text.trim_end(), "{}", case.name);
    // Icinga takes the quotes off a label that does without.
    assert_eq!(items(perfdata), items(expected), "{}: perfdata", case.name);
}

/// The writer prints numbers its own way: 1.5, not 1.50.
fn as_numbers(perfdata: &str) -> Vec<(String, String)> {
    let plain = |value: String| value.parse::<f64>().map_or(value, |number| number.to_string());
    values(perfdata).into_iter().map(|(label, value)| (label, plain(value))).collect()
}

/// The apply rules find the hosts that they are written for, and no others.
#[test]
fn the_shipped_icinga2_services_work() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let (alive, gone) = (&cases.alive, &cases.gone);
    let services = lab.shipped("icinga2/procwarden-services.conf");
    let pattern = r#"apply Service "([^"]+)" \{[^}]*?check_command = "(\w+)""#;
    let examples = examples(&lab, &services, pattern);
    assert!(examples.len() > 3, "{examples:?}");
    lab.write("procwarden-services.conf", services);
    let hosts = format!(
        r#"include "procwarden-services.conf"
object Host "lab" {{
  check_command = "dummy"
  vars.os = "Linux"
  vars.daemons = [ "{alive},ppid=1:0-0", "{alive}:1-1" ]
  vars.daemon["down"] = {{ proccount_specs = [ "{gone}:1-" ]; proccount_recheck = 0.1 }}
  vars.selinux = true
  vars.outdated_code = true
}}
object Host "windows" {{ check_command = "dummy"; vars.os = "Windows" }}
"#
    );
    let config = configuration(&lab, &hosts);
    validate(&lab, &config, &["-C"]);
    let names: Vec<_> = examples.iter().map(|(name, _)| name.as_str()).chain(["down"]).collect();
    let (known, _) = run(&lab, &config, &names);
    assert_eq!(
        known.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        names.iter().copied().collect(),
        "apply rules made other services"
    );
    let (daemons, down) = (&known["daemons"].0, &known["down"].0);
    assert_eq!(daemons.code, 0, "{daemons:?}");
    assert_eq!(down.code, 2, "{down:?}");
    let runaway = &known["runaway processes"].0;
    assert!(runaway.code < 3, "an option without its value: {runaway:?}");
    assert_understood(&examples, &known);
}

/// The Director's basket is made from the `CheckCommand`s as Icinga itself reads them.
#[test]
fn the_director_basket_is_up_to_date() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let config = configuration(&lab, "object Host \"lab\" { check_command = \"dummy\" }\n");
    validate(&lab, &config, &["-C"]);
    let dump = lab.path("cache/icinga2.debug");
    if !dump.exists() {
        // Since Icinga 2.14 it is written only when asked for.
        validate(&lab, &config, &["-C", "--dump-objects"]);
    }
    let helper = repository("tests/daemons/director-basket.py");
    let made = answer(Command::new("python3").arg(helper).arg(dump).arg(lab.plugins()));
    assert_eq!(made.code, 0, "{made:?}");
    let basket = repository("packaging/icinga2/procwarden-basket.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&basket, &made.text).unwrap();
    }
    let shipped = fs::read_to_string(&basket).unwrap_or_default();
    assert!(made.text == shipped, "out of date: run UPDATE=1 cargo test --test daemons basket");
}
