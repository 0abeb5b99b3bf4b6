//! Where systemd looks for unit files and drop-ins, and which name stands for which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::io::Errno;

use crate::host::writers::{Obstacle, Unseen};

/// The directories of the system manager, first to last (systemd.unit(5), "Unit File Load Path").
const DIRECTORIES: [&str; 13] = [
    "etc/systemd/system.control",
    "run/systemd/system.control",
    "run/systemd/transient",
    "run/systemd/generator.early",
    "etc/systemd/system",
    "etc/systemd/system.attached",
    "run/systemd/system",
    "run/systemd/system.attached",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "lib/systemd/system",
    "usr/lib/systemd/system",
    "run/systemd/generator.late",
];

/// The ending of a service's name.
const SERVICE: &str = ".service";

/// The ending of a drop-in's name.
const DROP_IN: &str = ".conf";

/// What is in the directories.
#[derive(Debug)]
pub(super) struct Index {
    directories: Vec<Directory>,
    /// A directory that may not be listed: then nothing is certain.
    unseen: Option<Unseen>,
    /// For a name, those that are links to it.
    aliases: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    /// Its path without links.
    real: Option<PathBuf>,
    entries: BTreeSet<String>,
}

impl Index {
    /// Lists the directories below `root`. One that is missing is empty.
    pub(super) fn below(root: &Path) -> Self {
        let mut index = Self { directories: Vec::new(), unseen: None, aliases: BTreeMap::new() };
        for directory in DIRECTORIES {
            let path = root.join(directory);
            let entries = names_in(&path).unwrap_or_else(|unseen| {
                index.unseen = Some(unseen);
                BTreeSet::new()
            });
            let real = fs::canonicalize(&path).ok();
            index.directories.push(Directory { path, real, entries });
        }
        for name in index.services() {
            let target = index.main_file(&name).and_then(|path| index.alias(&path, &name));
            if let Some(target) = target.filter(|target| *target != name) {
                index.aliases.entry(target).or_default().push(name);
            }
        }
        index
    }

    /// Fails if a directory may not be listed.
    pub(super) fn is_whole(&self) -> Result<(), Unseen> {
        self.unseen.clone().map_or(Ok(()), Err)
    }

    /// All names of services.
    pub(super) fn services(&self) -> BTreeSet<String> {
        let all = self.directories.iter().flat_map(|directory| &directory.entries);
        all.filter(|name| name.ends_with(SERVICE)).cloned().collect()
    }

    /// The first file of that name, else that of its template.
    pub(super) fn main_file(&self, name: &str) -> Option<PathBuf> {
        let first = |name: &str| {
            let mut directories = self.directories.iter();
            let found = directories.find(|directory| directory.entries.contains(name))?;
            Some(found.path.join(name))
        };
        first(name).or_else(|| first(&Name::of(name)?.template()?))
    }

    /// The name that a link in the directories stands for: an instance stays one. `None` for a plain
    /// file, and for a link to a file that is elsewhere, which is only where the file is kept.
    pub(super) fn alias(&self, path: &Path, name: &str) -> Option<String> {
        let target = fs::read_link(path).ok()?;
        let target = path.parent()?.join(target);
        let parent = fs::canonicalize(target.parent()?).ok()?;
        let is_ours = |directory: &Directory| directory.real.as_ref() == Some(&parent);
        let other = target.file_name()?.to_str()?;
        if !self.directories.iter().any(is_ours) || !other.ends_with(SERVICE) {
            return None;
        }
        let instance = Name::of(name).and_then(|name| name.instance);
        match (Name::of(other), instance) {
            (Some(Name { prefix, instance: Some("") }), Some(instance)) => {
                Some(format!("{prefix}@{instance}{SERVICE}"))
            }
            _ => Some(other.to_owned()),
        }
    }

    /// The names that are links to this one, or to its template.
    pub(super) fn aliases(&self, name: &str) -> Vec<String> {
        let mut aliases = self.aliases.get(name).cloned().unwrap_or_default();
        if let Some(Name { instance: Some(instance), .. }) = Name::of(name) {
            let template = Name::of(name).and_then(|name| name.template());
            let of_template = template.and_then(|template| self.aliases.get(&template));
            for alias in of_template.into_iter().flatten() {
                if let Some(Name { prefix, instance: Some("") }) = Name::of(alias) {
                    aliases.push(format!("{prefix}@{instance}{SERVICE}"));
                }
            }
        }
        aliases
    }

    /// The drop-ins for a unit of these names, in the order in which they count. Of several with the
    /// same name the first that is found counts, and a link to `/dev/null` hides the others.
    ///
    /// # Errors
    /// When a directory of them may not be listed.
    pub(super) fn drop_ins(&self, names: &[String]) -> Result<Vec<PathBuf>, Unseen> {
        let mut found = BTreeMap::new();
        let of_type = ["service".to_owned()];
        let all = names.iter().map(|name| directories_of(name));
        for names in all.chain([of_type.into()]) {
            for directory in &self.directories {
                for name in &names {
                    let name = format!("{name}.d");
                    if directory.entries.contains(&name) {
                        gather(&directory.path.join(name), &mut found)?;
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

fn gather(directory: &Path, found: &mut BTreeMap<String, PathBuf>) -> Result<(), Unseen> {
    for name in names_in(directory)? {
        let is_drop_in = name.strip_suffix(DROP_IN).is_some_and(|stem| !stem.starts_with('.'));
        if is_drop_in && name != DROP_IN {
            let path = directory.join(&name);
            found.entry(name).or_insert(path);
        }
    }
    Ok(())
}

/// What a directory lists. A name that is not UTF-8 is no unit's.
fn names_in(directory: &Path) -> Result<BTreeSet<String>, Unseen> {
    let fail = |error: &io::Error| {
        let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
        Unseen { path: directory.to_owned(), why: Obstacle::Errno(errno) }
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            // systemd finds nothing there, either.
            let is_absent = matches!(
                Errno::from_io_error(&error),
                Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
            );
            return if is_absent { Ok(BTreeSet::new()) } else { Err(fail(&error)) };
        }
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|error| fail(&error))?;
        names.extend(entry.file_name().into_string().ok());
    }
    Ok(names)
}

/// The names whose `.d` directories a unit of this name has, the nearest first: for
/// `a-b@x.service` also `a-b@.service`, `a-@.service` and `a-@x.service`.
fn directories_of(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    let Some(parsed) = Name::of(name) else { return all };
    if let Some(template) = parsed.template().filter(|template| template != name) {
        all.extend(directories_of(&template));
    }
    let stem = parsed.prefix.strip_suffix('-').unwrap_or(parsed.prefix);
    if let Some(dash) = stem.rfind('-') {
        let shorter = Name { prefix: &stem[..=dash], instance: parsed.instance };
        all.extend(directories_of(&shorter.to_string()));
    }
    all
}

/// A service's name in parts: `PREFIX.service` or `PREFIX@INSTANCE.service`; a template has an empty
/// instance.
pub(super) struct Name<'n> {
    pub(super) prefix: &'n str,
    pub(super) instance: Option<&'n str>,
}

impl<'n> Name<'n> {
    pub(super) fn of(name: &'n str) -> Option<Self> {
        let stem = name.strip_suffix(SERVICE)?;
        Some(match stem.split_once('@') {
            Some((prefix, instance)) => Self { prefix, instance: Some(instance) },
            None => Self { prefix: stem, instance: None },
        })
    }

    fn template(&self) -> Option<String> {
        self.instance.map(|_| format!("{}@{SERVICE}", self.prefix))
    }
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.instance {
            Some(instance) => write!(f, "{}@{instance}{SERVICE}", self.prefix),
            None => write!(f, "{}{SERVICE}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_in_directories_go_from_the_name_to_its_prefixes() {
        assert_eq!(directories_of("a.service"), ["a.service"]);
        assert_eq!(
            directories_of("a-b-c.service"),
            ["a-b-c.service", "a-b-.service", "a-.service"]
        );
        assert_eq!(
            directories_of("a-b@x-y.service"),
            ["a-b@x-y.service", "a-b@.service", "a-@.service", "a-@x-y.service", "a-@.service"]
        );
        assert_eq!(directories_of("-.service"), ["-.service"]);
        assert_eq!(directories_of("--.service"), ["--.service", "-.service"]);
    }
}
