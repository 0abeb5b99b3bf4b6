//! The layers of `src/`: each folder uses only those above it in `lib.rs`'s list, and no two modules
//! use each other in a circle.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

/// `layer::module` and what it uses of others; a module with files of its own is one.
type Uses = BTreeMap<String, Vec<String>>;

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
    let mut uses = Uses::new();
    read(&src, &mut Vec::new(), &mut uses);
    let rank = |module: &str| {
        let layer = module.split("::").next().unwrap();
        layers
            .iter()
            .position(|known| known == layer)
            .unwrap_or_else(|| panic!("{layer}: no layer"))
    };
    for (module, used) in &uses {
        for used in used {
            assert!(rank(used) <= rank(module), "{module} uses {used}, of a layer below its own");
        }
    }
    // What uses nothing that is left can be taken away; what stays in the end is a circle.
    while let Some(free) =
        uses.keys().find(|name| uses[*name].iter().all(|u| !uses.contains_key(u)))
    {
        uses.remove(&free.clone());
    }
    assert!(uses.is_empty(), "in a circle, or below one: {uses:#?}");
}

fn read(dir: &Path, place: &mut Vec<String>, uses: &mut Uses) {
    let used = Regex::new(r"\bcrate::(\w+::\w+)").unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        place.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            read(&path, place, uses);
        } else if place.len() > 1 {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let module = place[..2].join("::");
            let found = code.flat_map(|line| used.captures_iter(line)).map(|u| u[1].to_owned());
            let found = found.filter(|used| *used != module).collect::<Vec<_>>();
            uses.entry(module).or_default().extend(found);
        }
        place.pop();
    }
}
