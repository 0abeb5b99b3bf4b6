#![no_main]

use procwarden_fuzz::recorded::{self, Edit};

libfuzzer_sys::fuzz_target!(|edits: Vec<(u8, Edit)>| {
    let tree = tempfile::tempdir().expect("a temporary directory");
    recorded::write(tree.path(), &edits);
    recorded::counted(tree.path());
});
