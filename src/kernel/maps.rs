//! `/proc/PID/maps`: the files whose code a process has mapped.

/// What the kernel appends to the path of a file that was replaced or removed (`fs/d_path.c`).
pub(crate) const DELETED: &[u8] = b" (deleted)";

/// A file whose code is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapped<'m> {
    /// Its path as the process sees it, without the kernel's mark.
    pub path: &'m [u8],
    /// Whether the path leads to it no more: it was replaced or removed.
    pub is_gone: bool,
}

/// The files whose code is mapped, each once. Lines of another form are passed over: a path may hold a
/// newline.
pub fn code(maps: &[u8]) -> Vec<Mapped<'_>> {
    let mut found: Vec<_> = maps.split(|&byte| byte == b'\n').filter_map(mapped).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether the kernel gave the process random addresses. Without them, as under `setarch -R`, the stack ends
/// with the address space, or a page before (`STACK_TOP` in `load_elf_binary`, `fs/binfmt_elf.c`).
pub fn are_random(maps: &[u8]) -> bool {
    let mut lines = maps.split(|&byte| byte == b'\n');
    let Some(stack) = lines.find(|line| line.ends_with(b" [stack]")) else { return false };
    let range = stack.split(|&byte| byte == b' ').next().unwrap_or_default();
    let end = range.rsplit(|&byte| byte == b'-').next().unwrap_or_default();
    let end = std::str::from_utf8(end).ok().and_then(|end| u64::from_str_radix(end, 16).ok());
    end.is_some_and(|end| !end.is_power_of_two() && !end.saturating_add(4096).is_power_of_two())
}

/// `7f0c-7f0d r-xp 00000000 08:01 1234    /usr/lib/libssl.so.3 (deleted)`.
fn mapped(line: &[u8]) -> Option<Mapped<'_>> {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    let is_code = fields.nth(1)?.get(2) == Some(&b'x');
    let path = fields.nth(3)?.trim_ascii_start();
    let whole = path.strip_suffix(DELETED);
    let (path, is_gone) = (whole.unwrap_or(path), whole.is_some());
    (is_code && path.starts_with(b"/")).then_some(Mapped { path, is_gone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_random_unless_the_stack_ends_the_address_space() {
        for (stack, are_they) in [
            ("7ffc4a1d2000-7ffc4a1f3000 rw-p 00000000 00:00 0    [stack]", true),
            ("7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0    [stack]", false),
            ("fffffffdf000-1000000000000 rw-p 00000000 00:00 0    [stack]", false),
            ("7ffc4a1d2000-7ffc4a1f3000 rw-p 00000000 00:00 0", false),
            ("x [stack]", false),
        ] {
            let maps = format!("7f0c-7f0d r-xp 00000000 08:01 12    /a\n{stack}\n");
            assert_eq!(are_random(maps.as_bytes()), are_they, "{stack}");
        }
    }

    #[test]
    fn each_file_of_code_is_found_once() {
        let maps = b"7f0c-7f0d r-xp 00000000 08:01 12      /usr/lib/a b.so (deleted)\n\
            7f0d-7f0e r--p 00000000 08:01 13      /usr/lib/data\n\
            7f0e-7f0f r-xp 00000000 08:01 14      /usr/lib/c.so\n\
            7f0e-7f0f r-xp 00000000 08:01 14      /usr/lib/c.so\n\
            7f11-7f12 rwxp 00000000 00:00 0\n\
            7f12-7f13 r-xp 00000000 00:00 0       [vdso]\n\
            garbage\n x /\n";
        let (gone, there) = (b"/usr/lib/a b.so", b"/usr/lib/c.so");
        let expected =
            [Mapped { path: gone, is_gone: true }, Mapped { path: there, is_gone: false }];
        assert_eq!(code(maps), expected);
        assert_eq!(code(b""), []);
    }
}
