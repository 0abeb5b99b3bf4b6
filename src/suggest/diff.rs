//! A unified diff of a text from which lines are taken away, and to whose end others are added.

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// What patch(1) says of a last line that does not end.
const UNENDED: &str = "\n\\ No newline at end of file";

/// The diff; `removed` are places of lines, counted from 0 and in order.
pub(super) fn unified(name: &str, text: &str, removed: &[usize], added: &[String]) -> String {
    let edits = edits(text, removed, added);
    let is_change = |at: &usize| edits[*at].0 != ' ';
    let changes: Vec<usize> = (0..edits.len()).filter(is_change).collect();
    let mut diff = format!("--- {name}\n+++ {name}\n");
    let mut rest = changes.as_slice();
    while let Some(&first) = rest.first() {
        let mut last = first;
        while let Some(&next) = rest.first().filter(|&&next| next <= last + 2 * CONTEXT + 1) {
            (last, rest) = (next, &rest[1..]);
        }
        let (start, end) = (first.saturating_sub(CONTEXT), (last + CONTEXT + 1).min(edits.len()));
        push_hunk(&mut diff, &edits, start, end);
    }
    diff
}

/// Each line with ` `, `-` or `+`.
fn edits(text: &str, removed: &[usize], added: &[String]) -> Vec<(char, String)> {
    let mut edits = Vec::new();
    let is_ended = text.is_empty() || text.ends_with('\n');
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        let is_unended = !is_ended && at + 1 == lines.len();
        let end = if is_unended { UNENDED } else { "" };
        if removed.contains(&at) {
            edits.push(('-', format!("{line}{end}")));
        } else if is_unended && !added.is_empty() {
            edits.push(('-', format!("{line}{end}")));
            edits.push(('+', (*line).to_owned()));
        } else {
            edits.push((' ', format!("{line}{end}")));
        }
    }
    edits.extend(added.iter().map(|line| ('+', line.clone())));
    edits
}

fn push_hunk(diff: &mut String, edits: &[(char, String)], start: usize, end: usize) {
    let count = |edits: &[(char, String)], without: char| {
        edits.iter().filter(|(mark, _)| *mark != without).count()
    };
    let range = |without: char| {
        let (before, inside) =
            (count(&edits[..start], without), count(&edits[start..end], without));
        // An empty range is named by the line before it.
        format!("{},{inside}", before + usize::from(inside > 0))
    };
    diff.push_str(&format!("@@ -{} +{} @@\n", range('+'), range('-')));
    for (mark, line) in &edits[start..end] {
        diff.push_str(&format!("{mark}{line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after patch(1) has had the diff.
    fn patched(text: &str, removed: &[usize], added: &[&str]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let (file, diff) = (dir.path().join("file"), dir.path().join("diff"));
        std::fs::write(&file, text).unwrap();
        let added: Vec<_> = added.iter().map(|&line| line.to_owned()).collect();
        std::fs::write(&diff, unified("file", text, removed, &added)).unwrap();
        let mut patch = std::process::Command::new("patch");
        let done = patch.arg("-s").arg("--fuzz=0").arg(&file).arg(&diff).output().ok()?;
        assert!(done.status.success(), "{done:?}\n{}", unified("file", text, removed, &added));
        Some(std::fs::read_to_string(&file).unwrap())
    }

    #[test]
    fn patch_understands_it() {
        let numbers = |count: usize| {
            (0..count).fold(String::new(), |text, number| format!("{text}{number}\n"))
        };
        let (ten, thirty) = (numbers(10), numbers(30));
        for (text, removed, added, expected) in [
            (ten.as_str(), vec![], vec!["a", "b"], format!("{ten}a\nb\n")),
            (&ten, vec![0, 9], vec![], "1\n2\n3\n4\n5\n6\n7\n8\n".to_owned()),
            (&ten, vec![9], vec!["a"], format!("{}a\n", &ten[..18])),
            (
                &thirty,
                vec![2, 29],
                vec!["a"],
                thirty.replace("\n2\n", "\n").replace("\n29\n", "\na\n"),
            ),
            ("x\ny", vec![], vec!["a"], "x\ny\na\n".to_owned()),
            ("x\ny", vec![0], vec![], "y".to_owned()),
            ("x\ny", vec![1], vec!["a"], "x\na\n".to_owned()),
            ("", vec![], vec!["a"], "a\n".to_owned()),
        ] {
            if let Some(found) = patched(text, &removed, &added) {
                assert_eq!(found, expected, "{text:?} {removed:?} {added:?}");
            }
        }
    }

    #[test]
    fn a_hunk_has_three_lines_around_it() {
        let added = ["x".to_owned()];
        assert_eq!(
            unified("f", "1\n2\n3\n4\n5\n", &[1], &added),
            "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n 3\n 4\n 5\n+x\n"
        );
    }
}
