//! Renders the suggested check as a scheduler's configuration.

use std::path::Path;

use super::file::DAEMONS;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A file for `--specs-from`.
    Specs,
    /// A host's `vars.daemons` for Icinga 2.
    Icinga2,
    /// The same as JSON, for Icinga Director.
    Director,
    /// A Nagios service that asks the host's NRPE.
    Nagios,
    /// A command for the host's NRPE.
    Nrpe,
    /// A monitor line for mon.
    Mon,
}

impl Format {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Specs, "specs"),
        (Self::Icinga2, "icinga2"),
        (Self::Director, "director"),
        (Self::Nagios, "nagios"),
        (Self::Nrpe, "nrpe"),
        (Self::Mon, "mon"),
    ];
}

/// Where packages install the plugins.
const PLUGIN_DIRS: [&str; 4] = [
    "/usr/lib/nagios/plugins",
    "/usr/lib64/nagios/plugins",
    "/usr/lib/monitoring-plugins",
    "/usr/local/lib/nagios/plugins",
];

/// `specs` in this format; `None` for [`Format::Specs`], which is the file itself.
pub fn text(format: Format, specs: &[String], host: &str) -> Option<String> {
    Some(match format {
        Format::Specs => return None,
        Format::Icinga2 => icinga2(specs),
        Format::Director => director(specs),
        Format::Nagios => nagios(host),
        Format::Nrpe => nrpe(),
        Format::Mon => mon(),
    })
}

/// A list for the host object. A dollar is doubled, because it begins a macro.
fn icinga2(specs: &[String]) -> String {
    if specs.is_empty() {
        return "// No spec is certain yet; 'procwarden suggest' says why.\nvars.daemons = [ ]\n"
            .into();
    }
    let quoted = |spec: &String| {
        format!("\t\"{}\"", spec.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$"))
    };
    let specs = specs.iter().map(quoted).collect::<Vec<_>>().join(",\n");
    format!("vars.daemons = [\n{specs}\n]\n")
}

fn director(specs: &[String]) -> String {
    let quoted = |spec: &String| {
        format!("      \"{}\"", spec.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$"))
    };
    let specs = specs.iter().map(quoted).collect::<Vec<_>>().join(",\n");
    format!("{{\n  \"vars\": {{\n    \"daemons\": [\n{specs}\n    ]\n  }}\n}}\n")
}

fn nagios(host: &str) -> String {
    format!(
        "# For the Nagios server, whose commands must include Procwarden's nagios/procwarden.cfg. host_name is the\n\
         # name by which Nagios knows the host. The host's NRPE needs what 'procwarden suggest --format nrpe' prints;\n\
         # Procwarden's packages have installed that already.\n\
         define service {{\n    \
             use                     generic-service\n    \
             host_name               {host}\n    \
             service_description     Daemons\n    \
             check_command           check_procwarden_nrpe!check_daemons\n\
         }}\n"
    )
}

fn nrpe() -> String {
    let has_plugin = |dir: &&str| Path::new(dir).join("check_proccount").exists();
    let dir = PLUGIN_DIRS.into_iter().find(has_plugin).unwrap_or(PLUGIN_DIRS[0]);
    format!(
        "# The specs are in {DAEMONS}: 'procwarden suggest -o {DAEMONS}'.\n\
         command[check_daemons]={dir}/check_proccount --specs-from {DAEMONS} --recheck 5\n"
    )
}

fn mon() -> String {
    format!(
        "# The specs are in {DAEMONS}: 'procwarden suggest -o {DAEMONS}'.\n    \
         service daemons\n        \
             description the daemons of this machine\n        \
             interval 1m\n        \
             monitor check_proccount.monitor --specs-from {DAEMONS} --recheck 5 ;;\n        \
             period\n            \
                 alert mail.alert root@localhost\n            \
                 upalert mail.alert root@localhost\n            \
                 alertevery 1h\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nagios_and_nrpe_are_told_of_commands_that_are_shipped() {
        let service = text(Format::Nagios, &[], "h").unwrap();
        let (_, called) = service.split_once("check_command ").unwrap();
        let (command, argument) = called.trim().trim_end_matches("\n}").split_once('!').unwrap();
        let commands = include_str!("../../packaging/nagios/procwarden.cfg");
        assert!(commands.contains(&format!("command_name    {command}\n")), "{command}");
        let command = text(Format::Nrpe, &[], "h").unwrap();
        let line = command.lines().next_back().unwrap();
        assert!(line.starts_with(&format!("command[{argument}]=")), "{line}");
        let shipped = include_str!("../../packaging/nrpe/procwarden.cfg");
        assert!(shipped.contains(line.split_once("/check_").unwrap().1), "{line}");
    }

    #[test]
    fn strings_are_quoted_for_icinga() {
        let specs = [r"a,unit=x\x2d.service:1-1".to_owned(), "b,args~$:1-".to_owned()];
        assert_eq!(
            text(Format::Icinga2, &specs, "h").unwrap(),
            "vars.daemons = [\n\t\"a,unit=x\\\\x2d.service:1-1\",\n\t\"b,args~$$:1-\"\n]\n"
        );
        assert!(
            text(Format::Director, &specs, "h")
                .unwrap()
                .contains(r#""a,unit=x\\x2d.service:1-1","#)
        );
        assert_eq!(text(Format::Specs, &specs, "h"), None);
        let none = text(Format::Icinga2, &[], "h").unwrap();
        assert!(
            none.starts_with("// No spec ") && none.ends_with("\nvars.daemons = [ ]\n"),
            "{none}"
        );
    }
}
