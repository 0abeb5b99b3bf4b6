//! Files of specs, and directories of such files.
//!
//! In a directory each package or role can keep its own file, such as `web.specs`. Backups and the
//! leftovers of editors and package managers have other names, and are not read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::select::lines::{Listed, split_comment};
use crate::select::spec::Spec;
use crate::text::error::Error;
use crate::text::escape;

/// The ending of the files that are read in a directory.
const ENDING: &[u8] = b".specs";

/// A spec of a file.
#[derive(Clone, Debug)]
pub struct Placed {
    /// `FILE:LINE`, fit for output.
    pub place: String,
    /// What is written there, without its comment, fit for output.
    pub text: String,
    /// What it means.
    pub spec: Spec,
}

/// Adds the specs of a file to `specs`, one a line, each read by `parse`; what follows ` # ` is a comment. Of a directory, it
/// adds those of each file that ends in `.specs`, in the order of names.
///
/// # Errors
/// What `Listed::add_file` returns. A file without any spec is an error, and a directory without any file,
/// since a check of nothing would be OK for ever. An unusable file in a directory is a fault: it
/// must not silence the others.
pub fn add(
    specs: &mut Listed<Placed>,
    path: &Path,
    parse: &dyn Fn(&[u8]) -> Result<Spec, Error>,
) -> Result<(), Error> {
    if !path.is_dir() {
        return add_file(specs, path, parse);
    }
    for file in files_in(path)? {
        if let Err(error) = add_file(specs, &file, parse) {
            specs.faults.push(error);
        }
    }
    Ok(())
}

fn add_file(
    specs: &mut Listed<Placed>,
    path: &Path,
    parse: &dyn Fn(&[u8]) -> Result<Spec, Error>,
) -> Result<(), Error> {
    let placed = |place: &str, line: &[u8]| {
        let (text, _) = split_comment(line);
        let spec = parse(text)?;
        Ok(Placed { place: place.to_owned(), text: escape::text(text), spec })
    };
    match specs.add_placed(path, placed)? {
        0 => Err(Error::new(format!("{} holds no spec", escape::path(path)))),
        _ => Ok(()),
    }
}

/// The files of specs in a directory, without hidden ones, whose names begin with a dot.
fn files_in(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let shown = escape::path(directory);
    let fail = |error| {
        let right = "give a directory that this user may read";
        Error::new(format!("cannot list {shown}: {error}; {right}"))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(ENDING) && !bytes.starts_with(b".") {
            files.push(directory.join(name));
        }
    }
    if files.is_empty() {
        return Err(Error::new(format!("{shown} holds no file that ends in .specs")));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nagios::range::Thresholds;
    use crate::select::selector::Subject;

    fn read(path: &Path) -> Result<Listed<Placed>, String> {
        let mut specs = Listed::default();
        let parse = |text: &[u8]| Spec::parse(text, Subject::Program, Thresholds::default());
        let read = add(&mut specs, path, &parse);
        read.map(|()| specs).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_read_line_by_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |text: &str| {
            fs::write(file.path(), text).unwrap();
            read(file.path())
        };
        let specs = read("\u{feff}# x\n\n  sshd:1- # ssh \ncron:x-1\n").unwrap();
        assert_eq!(
            (specs.items[0].text.as_str(), specs.items[0].spec.label.as_str()),
            ("sshd:1-", "sshd")
        );
        assert!(specs.items[0].place.ends_with(":3"), "{specs:?}");
        let fault = specs.faults[0].to_string();
        assert!(fault.contains(":4: spec 'cron:x-1'"), "{fault}");
        let specs = read("cron:x-1\n").unwrap();
        let fault = specs.faults[0].to_string();
        assert!(specs.items.is_empty() && fault.contains(":1: spec 'cron:x-1'"), "{fault}");
        let specs = read("cron,user=nosuchuser\n").unwrap();
        assert!(specs.items.is_empty() && specs.faults[0].is_of_host());
        let error = read("# nothing\n").unwrap_err();
        assert!(error.ends_with("holds no spec"), "{error}");
    }

    #[test]
    fn a_directory_is_read_file_by_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = read(dir.path()).unwrap_err();
        assert!(error.ends_with("holds no file that ends in .specs"), "{error}");
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("20-web.specs", "# web\nnginx\nphp-fpm # pool\n");
        write("10-base.specs", "sshd\n");
        for name in ["web.specs~", "web.specs.dpkg-old", "specs", ".#web.specs", "README"] {
            write(name, "frob=1\n");
        }
        let place = |name: &str, line| format!("{}:{line}", escape::path(&dir.path().join(name)));
        let specs = read(dir.path()).unwrap();
        let places: Vec<_> = specs.items.iter().map(|placed| placed.place.clone()).collect();
        let web = "20-web.specs";
        assert_eq!(places, [place("10-base.specs", 1), place(web, 2), place(web, 3)]);
        assert!(specs.faults.is_empty());

        // One that is of no use does not silence the others.
        write("15-empty.specs", "# nothing yet\n");
        write("30-wrong.specs", "cron,frob=1\n");
        let specs = read(dir.path()).unwrap();
        assert_eq!(specs.items.len(), 3);
        let faults = [0, 1].map(|at: usize| specs.faults[at].to_string());
        assert!(faults[0].ends_with("15-empty.specs holds no spec"), "{faults:?}");
        assert!(faults[1].contains("30-wrong.specs:1: spec 'cron,frob=1'"), "{faults:?}");
    }
}
