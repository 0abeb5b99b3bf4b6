//! Finds out how the processes of a tree are labelled: by which system, and in which file.
//!
//! The kernel lists its active systems in `/sys/kernel/security/lsm`. Many containers lack that
//! file, and many policies forbid a confined plugin to read it. Then we look for each system by its
//! own files, and finally our own label shows whether there are labels at all.

use std::cell::OnceCell;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use crate::host::security::{Choice, Label, Programs, SYSTEMS, System, kernel_file, own_label};
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};
use crate::text::escape;

/// Lists names, separated by commas. Every user may read it where securityfs is mounted.
const ACTIVE: &str = "/sys/kernel/security/lsm";

/// Which system writes the labels.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Presence {
    /// This one.
    Active(System),
    /// None, or not the one that was asked for; with the names of the active ones, if known.
    Absent(Option<String>),
    /// Unknown: a recorded tree, or a policy that lets us read nothing.
    Unknown,
}

/// How the processes of one tree are labelled.
#[derive(Debug)]
pub struct Labelling {
    choice: Choice,
    presence: Presence,
    file: File,
    programs: OnceCell<Option<Result<Programs, Errno>>>,
}

impl Labelling {
    /// Finds out how the processes of the open directory `tree` are labelled.
    pub(crate) fn of(tree: BorrowedFd<'_>, is_procfs: bool, choice: Choice) -> Self {
        let presence = match (is_procfs, choice) {
            (true, choice) => presence(tree, choice),
            (false, Choice::Only(system)) => Presence::Active(system),
            (false, Choice::Auto) => Presence::Unknown,
        };
        let own_file = match &presence {
            // Kernels before 5.8 write AppArmor's label to the common file only.
            Presence::Active(system) => {
                system.own_file().filter(|&file| own_label(tree, file) != Err(Errno::NOENT))
            }
            _ => None,
        };
        Self { choice, presence, file: own_file.unwrap_or(File::Label), programs: OnceCell::new() }
    }

    /// The system that writes the labels, if known.
    pub const fn system(&self) -> Option<System> {
        match self.presence {
            Presence::Active(system) => Some(system),
            _ => None,
        }
    }

    /// The system whose labels are asked for, even if it is not active.
    pub(crate) fn meant(&self) -> Option<System> {
        self.system().or(match self.choice {
            Choice::Only(system) => Some(system),
            Choice::Auto => None,
        })
    }

    /// Why there are no labels, as a sentence; `None` where there are, or may be.
    pub fn absence(&self) -> Option<String> {
        let Presence::Absent(active) = &self.presence else {
            return None;
        };
        let missing = Hidden { file: self.file, cause: self.no_system() };
        Some(match active {
            Some(active) => format!("{missing} (active: {active})"),
            None => format!("{missing} ({ACTIVE} can't be read, but nothing answers)"),
        })
    }

    /// The file that holds a process's label.
    ///
    /// # Errors
    /// When there are no labels.
    pub(crate) fn file(&self) -> Fact<File> {
        match self.presence {
            Presence::Absent(_) => {
                Err(Missing::Hidden(Hidden { file: self.file, cause: self.no_system() }))
            }
            _ => Ok(self.file),
        }
    }

    /// The parts of a label.
    pub(crate) fn label<'l>(&self, raw: &'l [u8]) -> Label<'l> {
        self.writer(raw).label(raw)
    }

    /// Whether the system refuses nothing to processes with this label.
    ///
    /// # Errors
    /// Hidden, if the kernel doesn't say.
    pub(crate) fn is_permissive(&self, raw: &[u8]) -> Fact<bool> {
        let writer = self.writer(raw);
        writer
            .is_permissive(&writer.label(raw))
            .map_err(|errno| match errno {
                Errno::ACCESS => Cause::Refused(writer),
                Errno::NOENT => Cause::Absent,
                Errno::BADMSG => Cause::Malformed,
                other => Cause::Failed(other),
            })
            .map_err(|cause| Missing::Hidden(Hidden { file: File::AccessVector, cause }))
    }

    /// The programs that loaded profiles are for; only of the running kernel.
    ///
    /// # Errors
    /// Hidden, if the system has no profiles or the kernel doesn't say.
    pub(crate) fn programs(&self) -> Fact<&Programs> {
        let ask = || {
            let programs = self.system()?.programs()?;
            Some(programs.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)))
        };
        let cause = match self.programs.get_or_init(ask) {
            Some(Ok(programs)) => return Ok(programs),
            None => Cause::NoSystem(System::named("apparmor")),
            Some(Err(Errno::ACCESS | Errno::PERM)) => Cause::Denied,
            Some(Err(Errno::NOENT)) => Cause::Absent,
            Some(Err(errno)) => Cause::Failed(*errno),
        };
        Err(Missing::Hidden(Hidden { file: File::Profiles, cause }))
    }

    fn writer(&self, raw: &[u8]) -> System {
        self.system().unwrap_or_else(|| System::that_wrote(raw))
    }

    const fn no_system(&self) -> Cause {
        Cause::NoSystem(match self.choice {
            Choice::Auto => None,
            Choice::Only(system) => Some(system),
        })
    }
}

/// Asks the running kernel; `tree` is its /proc.
fn presence(tree: BorrowedFd<'_>, choice: Choice) -> Presence {
    let wanted = |system: &System| match choice {
        Choice::Auto => true,
        Choice::Only(only) => only == *system,
    };
    let active = kernel_file(ACTIVE).ok();
    let is_active = |system: &System| match &active {
        Some(list) => names(list).any(|name| name == system.name().as_bytes()),
        None => system.answers(tree),
    };
    let found: Vec<System> = SYSTEMS.into_iter().filter(is_active).collect();
    if let Some(system) = found.iter().copied().find(wanted) {
        return Presence::Active(system);
    }
    if let Some(list) = active {
        return Presence::Absent(Some(escape::bounded(list.trim_ascii(), 120)));
    }
    if !found.is_empty() {
        let titles: Vec<_> = found.iter().map(|system| system.title()).collect();
        return Presence::Absent(Some(titles.join(", ")));
    }
    match own_label(tree, File::Label) {
        Ok(raw) => Some(System::that_wrote(&raw))
            .filter(wanted)
            .map_or(Presence::Absent(None), Presence::Active),
        // EINVAL: no active system has anything to say (security/security.c,
        // `security_getprocattr`); ENOENT: the kernel was built without any.
        Err(Errno::INVAL | Errno::NOENT) => Presence::Absent(None),
        Err(_) => match choice {
            Choice::Only(system) => Presence::Active(system),
            Choice::Auto => Presence::Unknown,
        },
    }
}

fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.trim_ascii().split(|&byte| byte == b',')
}
