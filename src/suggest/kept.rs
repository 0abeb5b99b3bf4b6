//! Decides which units a boot of this host starts and keeps running, and why others are left out.
//!
//! Only a daemon that a boot starts and that stays is worth an alarm: no login, no job, nothing that
//! starts on demand. systemd knows which these are. Without systemd's answer, the names of control
//! groups decide.

use super::units::{Unit, Units};

/// Jobs and on-demand services of common distributions, for hosts where systemd can't be asked. A name
/// also matches the instances of a template.
const NOT_KEPT: [(&str, &[&str]); 2] = [
    (
        "a job",
        &[
            "anacron",
            "apt-daily",
            "apt-daily-upgrade",
            "apt-news",
            "aptitude-daily",
            "btrfs-scrub",
            "certbot",
            "certbot-renew",
            "dnf-automatic",
            "dnf-makecache",
            "dpkg-db-backup",
            "e2scrub",
            "e2scrub_all",
            "e2scrub_reap",
            "esm-cache",
            "exim4-base",
            "fstrim",
            "fwupd-refresh",
            "ifup",
            "logrotate",
            "man-db",
            "man-db-cache-update",
            "mdcheck_continue",
            "mdcheck_start",
            "mlocate-updatedb",
            "motd-news",
            "networking",
            "phpsessionclean",
            "plocate-updatedb",
            "raid-check",
            "rsyslog-rotate",
            "sa-update",
            "sysstat-collect",
            "sysstat-summary",
            "systemd-fsck",
            "systemd-tmpfiles-clean",
            "ua-timer",
            "unbound-anchor",
            "update-notifier-download",
            "updatedb",
            "xfs_scrub",
            "xfs_scrub_all",
        ],
    ),
    (
        "starts on demand",
        &[
            "bolt",
            "colord",
            "fprintd",
            "fwupd",
            "geoclue",
            "packagekit",
            "polkit",
            "polkitd",
            "realmd",
            "rtkit-daemon",
            "systemd-coredump",
            "systemd-hostnamed",
            "systemd-importd",
            "systemd-localed",
            "systemd-timedated",
            "udisks2",
            "upower",
        ],
    ),
];

/// Services that wait for someone to log in.
const LOGINS: [&str; 5] = ["autovt", "console-getty", "container-getty", "getty", "serial-getty"];

/// Why a unit is not a daemon that should always run; `None` if it is one.
pub(crate) fn why_not(unit: &str, units: Option<&Units>) -> Option<String> {
    by_kind(unit).map(Into::into).or_else(|| match units {
        Some(units) => match units.get(unit) {
            Some(known) => by_systemd(known, units),
            None => Some("systemd does not know it".into()),
        },
        None => by_name(unit).map(Into::into),
    })
}

/// Why a unit is left out because of its name alone.
fn by_kind(unit: &str) -> Option<&'static str> {
    let (stem, kind) = unit.rsplit_once('.').unwrap_or((unit, ""));
    let name = stem.split('@').next().unwrap_or(stem);
    match kind {
        "scope" if stem.starts_with("session-") => Some("a login"),
        "scope" if stem.starts_with("machine-") => Some("a virtual machine or container"),
        "scope"
            if ["docker-", "libpod-", "crio-", "cri-containerd-"]
                .iter()
                .any(|c| stem.starts_with(c)) =>
        {
            Some("a container")
        }
        "scope" if stem == "init" => Some("systemd itself"),
        "scope" => Some("a scope, which no boot starts"),
        "service" if stem.starts_with("user@") => Some("a user's own services"),
        "service" if LOGINS.contains(&name) => Some("a login prompt"),
        "service" => None,
        "socket" | "mount" | "swap" => Some("a helper of systemd's"),
        _ => Some("no service"),
    }
}

fn by_systemd(unit: &Unit, units: &Units) -> Option<String> {
    let job = |what: &str| match unit.trigger(".timer") {
        Some(timer) => format!("a job of {timer}"),
        None => what.to_owned(),
    };
    if unit.kind == "oneshot" {
        return Some(job("a job (oneshot)"));
    }
    if unit.is_transient {
        return Some(job("transient"));
    }
    if !units.starts_at_boot(unit) {
        let demand = [".socket", ".path"].into_iter().find_map(|kind| unit.trigger(kind));
        return Some(match demand {
            Some(trigger) => format!("starts on demand of {trigger}"),
            None if unit.kind == "dbus" => "starts on demand (D-Bus)".into(),
            None => job("no boot starts it"),
        });
    }
    (!unit.is_active()).then(|| format!("{} just now", unit.active_state))
}

fn by_name(unit: &str) -> Option<&'static str> {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    if is_made_up(stem) {
        return Some("transient");
    }
    let name = stem.split('@').next().unwrap_or(stem);
    NOT_KEPT.iter().find(|(_, names)| names.contains(&name)).map(|(why, _)| *why)
}

/// Whether systemd-run or a container engine generated the name: `run-r3f…`, `run-u12`, `run-p7-i8`, 64
/// hexadecimal digits.
fn is_made_up(stem: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let run = stem.strip_prefix("run-").unwrap_or_default();
    let is_number = |text: &str| text.starts_with(|digit: char| digit.is_ascii_digit());
    let is_run = run.strip_prefix('r').is_some_and(is_hex)
        || ['u', 'p'].into_iter().any(|letter| run.strip_prefix(letter).is_some_and(is_number));
    is_run || (stem.split('-').next().is_some_and(|id| id.len() >= 64 && is_hex(id)))
}

/// Daemons that a boot starts but that don't run now. The suggested file lacks lines for them.
pub(crate) fn missing(units: &Units) -> Vec<(&str, String)> {
    let is_daemon = |unit: &&Unit| {
        let is_loaded = unit.load_state.is_empty() || unit.load_state == "loaded";
        unit.id.ends_with(".service")
            && is_loaded
            && unit.kind != "oneshot"
            && !unit.is_unmet()
            && by_kind(&unit.id).is_none()
            && units.starts_at_boot(unit)
            && (!unit.is_active() || unit.sub_state == "exited")
    };
    units.all().filter(is_daemon).map(|unit| (unit.id.as_str(), state(unit))).collect()
}

/// `failed since Wed 2026-11-25 10:00:00 UTC`
fn state(unit: &Unit) -> String {
    let mut text = match unit.sub_state.as_str() {
        "" | "dead" => unit.active_state.clone(),
        sub if sub == unit.active_state => unit.active_state.clone(),
        sub => format!("{} ({sub})", unit.active_state),
    };
    if !unit.inactive_since.is_empty()
        && matches!(unit.active_state.as_str(), "inactive" | "failed")
    {
        text.push_str(&format!(" since {}", unit.inactive_since));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alone_tell_logins_containers_and_jobs() {
        for (unit, why) in [
            ("ssh.service", None),
            ("run-parts.service", None),
            ("init.scope", Some("systemd itself")),
            ("session-3.scope", Some("a login")),
            ("docker-0123456789abcdef.scope", Some("a container")),
            ("user@1000.service", Some("a user's own services")),
            ("getty@tty1.service", Some("a login prompt")),
            ("serial-getty@ttyS0.service", Some("a login prompt")),
            ("logrotate.service", Some("a job")),
            ("systemd-fsck@dev-sda1.service", Some("a job")),
            ("packagekit.service", Some("starts on demand")),
            ("run-r0123456789abcdef.service", Some("transient")),
            ("run-u12.service", Some("transient")),
            ("run-p7-i8.service", Some("transient")),
            ("x.socket", Some("a helper of systemd's")),
        ] {
            assert_eq!(why_not(unit, None).as_deref(), why, "{unit}");
        }
    }

    #[test]
    fn systemd_tells_what_a_boot_keeps() {
        let text = "Id=ssh.service\nType=notify\nActiveState=active\nWantedBy=multi-user.target\n\n\
            Id=job.service\nType=oneshot\nActiveState=activating\nTriggeredBy=job.timer\n\n\
            Id=run-x.service\nType=simple\nActiveState=active\nTransient=yes\n\n\
            Id=polkit.service\nType=dbus\nActiveState=active\n\n\
            Id=lpd.service\nType=simple\nActiveState=active\nTriggeredBy=lpd.socket\n\n\
            Id=hand.service\nType=simple\nActiveState=active\nUnitFileState=disabled\n\n\
            Id=loop.service\nType=simple\nActiveState=activating\nWantedBy=multi-user.target\n";
        let units = Units::parse(text.as_bytes()).unwrap();
        for (unit, why) in [
            ("ssh.service", None),
            ("job.service", Some("a job of job.timer")),
            ("run-x.service", Some("transient")),
            ("polkit.service", Some("starts on demand (D-Bus)")),
            ("lpd.service", Some("starts on demand of lpd.socket")),
            ("hand.service", Some("no boot starts it")),
            ("loop.service", Some("activating just now")),
            ("gone.service", Some("systemd does not know it")),
        ] {
            assert_eq!(why_not(unit, Some(&units)).as_deref(), why, "{unit}");
        }
    }

    #[test]
    fn what_a_boot_starts_and_does_not_run_is_missing() {
        let text = "Id=a.service\nType=simple\nActiveState=failed\nSubState=failed\n\
            WantedBy=multi-user.target\nInactiveEnterTimestamp=Wed 2026-11-25 10:00:00 UTC\n\n\
            Id=b.service\nType=simple\nActiveState=inactive\nSubState=dead\nConditionResult=no\n\
            ConditionTimestamp=Wed 2026-11-25 10:00:00 UTC\nWantedBy=multi-user.target\n\n\
            Id=c.service\nType=oneshot\nActiveState=failed\nWantedBy=multi-user.target\n\n\
            Id=d.service\nType=simple\nActiveState=inactive\nUnitFileState=disabled\n\n\
            Id=e.service\nType=simple\nActiveState=activating\nSubState=auto-restart\n\
            WantedBy=multi-user.target\n";
        let units = Units::parse(text.as_bytes()).unwrap();
        assert_eq!(
            missing(&units),
            [
                ("a.service", "failed since Wed 2026-11-25 10:00:00 UTC".to_owned()),
                ("e.service", "activating (auto-restart)".to_owned())
            ]
        );
    }
}
