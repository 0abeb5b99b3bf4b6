//! Nagios Core 4: the shipped commands and services, read back from `status.dat`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::cases::{
    Cases, ages_left_out, assert_panicked, assert_sound, assert_understood, examples, split,
};
use crate::drop_ins::{self, Host};
use crate::lab::{Answer, Lab, answer, have, wait_for};

/// What stands around the definitions in an admin's own configuration: the objects that
/// Nagios' own examples bring, and a main file.
fn configuration(lab: &Lab, objects: &str) -> String {
    let root = lab.root();
    for dir in ["var", "rw", "results", "archives", "tmp"] {
        lab.make_dir(dir);
    }
    lab.write("resource.cfg", format!("$USER1$={root}/plugins\n"));
    lab.write("procwarden.cfg", lab.shipped("nagios/procwarden.cfg"));
    lab.write("procwarden-services.cfg", with_comments(&lab.shipped(SERVICES)));
    lab.write("objects.cfg", format!("{EXAMPLES}{objects}"));
    let user = lab.user();
    let group = lab.group();
    let main = format!(
        "cfg_file={root}/procwarden.cfg\ncfg_file={root}/procwarden-services.cfg\n\
         cfg_file={root}/objects.cfg\nresource_file={root}/resource.cfg\n\
         log_file={root}/nagios.log\nobject_cache_file={root}/var/objects.cache\n\
         precached_object_file={root}/var/objects.precache\nstatus_file={root}/var/status.dat\n\
         status_update_interval=1\nstate_retention_file={root}/var/retention.dat\n\
         retain_state_information=0\nnagios_user={user}\nnagios_group={group}\n\
         lock_file={root}/var/nagios.pid\ntemp_file={root}/var/nagios.tmp\n\
         temp_path={root}/tmp\ncheck_result_path={root}/results\n\
         log_archive_path={root}/archives\ncommand_file={root}/rw/nagios.cmd\n\
         query_socket={root}/rw/nagios.qh\ncheck_external_commands=0\nuse_syslog=0\n\
         check_for_updates=0\nservice_inter_check_delay_method=n\n\
         max_service_check_spread=1\ncheck_result_reaper_frequency=1\n\
         enable_notifications=0\nillegal_macro_output_chars=`~$&|'\"<>\n"
    );
    lab.write("nagios.cfg", main).to_str().unwrap().to_owned()
}

const SERVICES: &str = "nagios/procwarden-services.cfg";

const EXAMPLES: &str = "
define timeperiod {
  timeperiod_name always
  alias always
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
  sunday 00:00-24:00
}
define command {
  command_name nothing
  command_line /bin/true
}
define contact {
  contact_name admin
  host_notification_period always
  service_notification_period always
  host_notification_commands nothing
  service_notification_commands nothing
}
define host {
  host_name localhost
  address 127.0.0.1
  check_command nothing
  active_checks_enabled 0
  max_check_attempts 1
  check_period always
  notification_period always
  contacts admin
}
define service {
  name generic-service
  register 0
  check_period always
  notification_period always
  contacts admin
  check_interval 60
  retry_interval 60
  notification_interval 60
  max_check_attempts 1
}
";

/// The example services, those too that are comments because not everyone can use them.
fn with_comments(shipped: &str) -> String {
    let examples = shipped.replace("\n# define", "\ndefine").replace("\n# }", "\n}");
    examples.replace("\n#     ", "\n    ").replace("web1", "localhost")
}

fn service(name: &str, check: &str) -> String {
    format!(
        "define service {{\n  use generic-service\n  host_name localhost\n  \
         service_description {name}\n  check_command {check}\n}}\n"
    )
}

/// The services of `status.dat` that have been checked: what Nagios kept of the answer,
/// and the perfdata.
fn checked(lab: &Lab) -> BTreeMap<String, (Answer, String)> {
    let text = fs::read(lab.path("var/status.dat")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut found = BTreeMap::new();
    for block in text.split("servicestatus {\n").skip(1) {
        let lines = block.split('\n').take_while(|line| *line != "\t}");
        let fields: BTreeMap<_, _> =
            lines.filter_map(|line| line.trim_start_matches('\t').split_once('=')).collect();
        if fields.get("has_been_checked") != Some(&"1") {
            continue;
        }
        let long = unescaped(fields["long_plugin_output"]);
        let kept = Answer {
            code: fields["current_state"].parse().unwrap(),
            text: format!("{}\n{long}", fields["plugin_output"]),
        };
        found.insert(
            fields["service_description"].to_owned(),
            (kept, fields["performance_data"].to_owned()),
        );
    }
    found
}

/// Nagios keeps long output on one line: `\n` and `\\` stand for what they say.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                other => plain.extend(other),
            },
            _ => plain.push(letter),
        }
    }
    plain
}

/// Runs the daemon until all these services have been checked; returns what it knows of them.
fn run(lab: &Lab, objects: &str, wanted: &[&str]) -> BTreeMap<String, (Answer, String)> {
    let config = configuration(lab, objects);
    let verdict = answer(lab.command("nagios4").args(["-v", &config]));
    assert_eq!(verdict.code, 0, "nagios4 -v: {}", verdict.text);
    let counts = ["Total Warnings: 0", "Total Errors:   0"];
    assert!(counts.iter().all(|count| verdict.text.contains(count)), "{}", verdict.text);

    let nagios = lab.start("nagios4", lab.daemon("nagios4").arg(&config));
    let known = wait_for("every service to be checked", 60, || {
        assert!(nagios.is_alive(), "{}{}", lab.log("nagios4.out"), lab.log("nagios.log"));
        let known = checked(lab);
        wanted.iter().all(|name| known.contains_key(*name)).then_some(known)
    });
    nagios.stop();
    known
}

/// The commands for `check_procs` of Debian, and of Nagios' own `localhost.cfg`.
#[test]
fn debians_and_nagios_own_definitions_find_the_drop_in_as_the_original() {
    let debians = drop_ins::installed("/usr/share/monitoring-plugins/templates-basic/procs.cfg");
    let examples = drop_ins::installed("/etc/nagios4/objects/commands.cfg");
    let (Some(debians), Some(examples)) = (debians, examples) else { return };
    if !have(&["nagios4"]) {
        return;
    }
    let local = examples.split("define command").find(|block| block.contains("check_local_procs"));
    let local = format!("define command {}", local.unwrap().split('}').next().unwrap());
    for (lab, host) in Host::healthy_and_broken() {
        let commands = format!("{debians}\n{local}}}\n");
        let commands = commands.replace("command_name\t", "command_name    ");
        let mut objects = drop_ins::doubled(&lab, &commands, "command_name    ", "ours_");
        let zombies = format!("check_procs_zombie!{}", drop_ins::ZOMBIE_LIMITS.join("!"));
        let calls = [
            ("check_procs!250!400", [0, 1]),
            (zombies.as_str(), [0, 2]),
            ("check_procs_httpd", [0, 2]),
            ("check_local_procs!250!400!Z", [0, 1]),
            // The call of localhost.cfg: the original has never found a process by these letters.
            ("check_local_procs!250!400!RSZDT", [0, 1]),
        ];
        let names = calls
            .map(|(check, _)| [check.replace('!', " "), format!("ours_{check}").replace('!', " ")]);
        for ((check, _), [name, ours]) in calls.iter().zip(&names) {
            objects += &service(name, check);
            objects += &service(ours, &format!("ours_{check}"));
        }
        let wanted: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
        let known = run(&lab, &objects, &wanted);
        for ((check, states), pair) in calls.iter().zip(&names) {
            let [theirs, ours] = pair.each_ref().map(|name| known[name].0.code);
            let expected = host.expected(*states);
            assert_eq!(ours, expected, "{check}: {known:?}");
            let never_finds = check.ends_with("RSZDT");
            assert_eq!(theirs, if never_finds { 0 } else { expected }, "{check}: {known:?}");
        }
    }
}

#[test]
fn nagios4_takes_every_answer_whole() {
    if !have(&["nagios4"]) {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let mut objects = String::new();
    let mut wanted: Vec<_> = cases.all.iter().map(|case| case.name).collect();
    for case in &cases.all {
        objects += &service(case.name, &format!("check_proccount!{}", case.words.join(" ")));
    }
    if let Some(plugin) = lab.panicking() {
        let plugin = plugin.display();
        writeln!(objects, "define command {{\n  command_name panic\n  command_line {plugin}\n}}")
            .unwrap();
        objects += &service("panic", "panic");
        wanted.push("panic");
    }
    let pattern = r"service_description\s+(.+)\n\s+check_command\s+check_(\w+)!";
    let examples = examples(&lab, &with_comments(&lab.shipped(SERVICES)), pattern);
    assert!(examples.len() > 3, "{examples:?}");
    wanted.extend(examples.iter().map(|(name, _)| name.as_str()));
    let known = run(&lab, &objects, &wanted);

    for case in &cases.all {
        let by_hand = lab.by_hand("check_proccount", &case.words);
        assert_sound(case, &by_hand);
        let (kept, perfdata) = &known[case.name];
        assert_eq!(kept.code, case.state, "{}: {kept:?}", case.name);
        let (first, rest) = by_hand.text.split_once('\n').unwrap();
        let (status, expected) = split(first);
        // Nagios puts a colon for each semicolon of the status line.
        let text = ages_left_out(&format!("{}\n{rest}", status.replace(';', ":")));
        assert_eq!(ages_left_out(&kept.text).trim_end(), text.trim_end(), "{}", case.name);
        assert_eq!(perfdata, expected, "{}: perfdata", case.name);
    }
    if lab.panicking().is_some() {
        assert_panicked(&known["panic"].0);
    }
    assert_understood(&examples, &known);
}
