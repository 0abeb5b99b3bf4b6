//! Renders a unified diff that removes lines from a text and adds others in one place.

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// How a diff marks a last line without a newline.
const UNENDED: &str = "\n\\ No newline at end of file";

/// A change of a text. Lines are counted from 0.
#[derive(Debug, Default)]
pub(super) struct Edit {
    /// The lines to remove, in order.
    pub(super) removed: Vec<usize>,
    /// The lines to add.
    pub(super) added: Vec<String>,
    /// The line before which to add them; the number of lines for the end.
    pub(super) place: usize,
}

/// The diff.
pub(super) fn unified(name: &str, text: &str, edit: &Edit) -> String {
    let edits = edits(text, edit);
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
fn edits(text: &str, edit: &Edit) -> Vec<(char, String)> {
    let is_ended = text.is_empty() || text.ends_with('\n');
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    let added = edit.added.iter().map(|line| ('+', line.clone()));
    let is_at_end = edit.place >= lines.len();
    let mut edits = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if at == edit.place {
            edits.extend(added.clone());
        }
        let is_unended = !is_ended && at + 1 == lines.len();
        let end = if is_unended { UNENDED } else { "" };
        if edit.removed.contains(&at) {
            edits.push(('-', format!("{line}{end}")));
        } else if is_unended && is_at_end && !edit.added.is_empty() {
            edits.push(('-', format!("{line}{end}")));
            edits.push(('+', (*line).to_owned()));
        } else {
            edits.push((' ', format!("{line}{end}")));
        }
    }
    if is_at_end {
        edits.extend(added);
    }
    edits
}

fn push_hunk(diff: &mut String, edits: &[(char, String)], start: usize, end: usize) {
    let count = |edits: &[(char, String)], without: char| {
        edits.iter().filter(|(mark, _)| *mark != without).count()
    };
    let range = |without: char| {
        let (before, inside) =
            (count(&edits[..start], without), count(&edits[start..end], without));
        // An empty range is written with the number of the line before it.
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

    /// The text after patch(1) has applied the diff.
    fn patched(text: &str, edit: &Edit) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let (file, diff) = (dir.path().join("file"), dir.path().join("diff"));
        std::fs::write(&file, text).unwrap();
        std::fs::write(&diff, unified("file", text, edit)).unwrap();
        let mut patch = std::process::Command::new("patch");
        let done = patch.arg("-s").arg("--fuzz=0").arg(&file).arg(&diff).output().ok()?;
        assert!(done.status.success(), "{done:?}\n{}", unified("file", text, edit));
        Some(std::fs::read_to_string(&file).unwrap())
    }

    #[test]
    fn patch_understands_it() {
        let numbers = |count: usize| {
            (0..count).fold(String::new(), |text, number| format!("{text}{number}\n"))
        };
        let (ten, thirty) = (numbers(10), numbers(30));
        let end = usize::MAX;
        for (text, removed, place, added, expected) in [
            (ten.as_str(), vec![], end, "a b", format!("{ten}a\nb\n")),
            (&ten, vec![], 2, "a b", ten.replace("1\n", "1\na\nb\n")),
            (&ten, vec![1], 2, "a", ten.replace("1\n", "a\n")),
            (&ten, vec![], 0, "a", format!("a\n{ten}")),
            (&ten, vec![0, 9], end, "", "1\n2\n3\n4\n5\n6\n7\n8\n".to_owned()),
            (&ten, vec![9], end, "a", format!("{}a\n", &ten[..18])),
            (
                &thirty,
                vec![2, 29],
                end,
                "a",
                thirty.replace("\n2\n", "\n").replace("\n29\n", "\na\n"),
            ),
            ("x\ny", vec![], end, "a", "x\ny\na\n".to_owned()),
            ("x\ny", vec![], 1, "a", "x\na\ny".to_owned()),
            ("x\ny", vec![0], end, "", "y".to_owned()),
            ("x\ny", vec![1], end, "a", "x\na\n".to_owned()),
            ("", vec![], end, "a", "a\n".to_owned()),
        ] {
            let added = added.split_whitespace().map(str::to_owned).collect();
            let edit = Edit { removed, added, place };
            if let Some(found) = patched(text, &edit) {
                assert_eq!(found, expected, "{text:?} {edit:?}");
            }
        }
    }

    #[test]
    fn a_hunk_has_three_lines_around_it() {
        let edit = Edit { removed: vec![1], added: vec!["x".to_owned()], place: 5 };
        assert_eq!(
            unified("f", "1\n2\n3\n4\n5\n", &edit),
            "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n 3\n 4\n 5\n+x\n"
        );
    }
}
