//! The layers of `src/`: each folder uses only those above it in `lib.rs`'s list, and neither modules
//! of a layer nor files use each other in a circle.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::{Captures, Regex};

/// A file's module, such as `select::selector::parse`, and what it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn arrows_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = std::fs::read_to_string(src.join("lib.rs")).unwrap();
    let listed = Regex::new(r"(?m)^//! \d+\. \[`(\w+)`\]").unwrap();
    let layers: Vec<_> = listed.captures_iter(&lib).map(|layer| layer[1].to_owned()).collect();
    let declared = Regex::new(r"(?m)^pub mod (\w+);").unwrap();
    let mut declared: Vec<_> = declared.captures_iter(&lib).map(|m| m[1].to_owned()).collect();
    declared.sort_by_key(|name| layers.iter().position(|layer| layer == name));
    assert_eq!(declared, layers, "lib.rs lists each layer once");
    let mut files = BTreeMap::new();
    read(&src, &mut Vec::new(), &mut files);
    let uses: Uses =
        files.iter().map(|(file, code)| (file.clone(), used(file, code, &files))).collect();
    let rank = |file: &str| layers.iter().position(|layer| layer == part(file, 1)).unwrap();
    for (file, used) in &uses {
        for used in used {
            assert!(rank(used) <= rank(file), "{file} uses {used}, of a layer below its own");
        }
    }
    // A module of a layer may have several files; they count as one, then each by itself.
    refuse_circles(&uses, 2);
    refuse_circles(&uses, usize::MAX);
}

/// The first `most` words of a module's path.
fn part(module: &str, most: usize) -> &str {
    let end = module.match_indices("::").nth(most.saturating_sub(1));
    end.map_or(module, |(end, _)| &module[..end])
}

fn refuse_circles(files: &Uses, most: usize) {
    let mut uses = Uses::new();
    for (file, used) in files {
        let file = part(file, most);
        let used = used.iter().map(|used| part(used, most)).filter(|used| *used != file);
        uses.entry(file.into()).or_default().extend(used.map(str::to_owned));
    }
    // What uses nothing that is left can be taken away; what stays in the end is a circle.
    while let Some(free) =
        uses.keys().find(|name| uses[*name].iter().all(|u| !uses.contains_key(u)))
    {
        uses.remove(&free.clone());
    }
    assert!(uses.is_empty(), "in a circle, or below one: {uses:#?}");
}

/// Reads the code of each file by its module's path: no tests, no comments, and nothing that a module
/// hands on of its children.
fn read(dir: &Path, place: &mut Vec<String>, files: &mut BTreeMap<String, String>) {
    let handed_on = Regex::new(r"(?m)^pub(\(\w+\))? use \w+::[^;]*;").unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        place.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            read(&path, place, files);
        } else if place.len() > 1 {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = code.collect::<Vec<_>>().join("\n");
            let module = place.join("::");
            let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
            files.insert(module, handed_on.replace_all(&code, "").into_owned());
        }
        place.pop();
    }
}

/// The modules that a file's paths lead to: from the crate, from its parent, or from a child of its own.
fn used(file: &str, code: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let parent = file.rsplit_once("::").map_or("", |(parent, _)| parent);
    let path = Regex::new(r"\b(?:(crate|super)::)?((?:\w+::)*)(\w+|\{[^{}]*\})").unwrap();
    let ends = |path: Captures<'_>| {
        let start = match path.get(1).map(|start| start.as_str()) {
            Some("crate") => String::new(),
            Some(_) => format!("{parent}::"),
            // A word alone is no path.
            None if path[2].is_empty() => return Vec::new(),
            None => format!("{file}::"),
        };
        let ends = path[3].trim_matches(['{', '}']).split(',').map(str::trim).map(str::to_owned);
        let start = start + &path[2];
        ends.map(move |end| format!("{start}{end}")).collect::<Vec<_>>()
    };
    let module = |path: String| {
        let words = 1 + path.matches("::").count();
        (1..=words)
            .rev()
            .map(|most| part(&path, most))
            .find(|part| files.contains_key(*part))
            .map(str::to_owned)
    };
    let found = path.captures_iter(code).flat_map(ends).filter_map(module);
    found.filter(|used| used != file).collect()
}
