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

/// The addresses of programs that are linked for fixed ones lie below, and mappings at random ones above.
const LOWEST: u64 = 1 << 32;

/// Whether an address of the process was chosen at random: one in a mapping without a file, or in a heap that
/// does not begin where the program ends.
///
/// Where no address is random, as under `setarch -R`, the stack ends with the address space, or a page before
/// (`STACK_TOP` in `load_elf_binary`, `fs/binfmt_elf.c`).
pub fn is_random(address: u64, maps: &[u8]) -> bool {
    let (mut end_before, mut is_in_random, mut is_stack_random) = (0, false, false);
    for (start, end, path) in maps.split(|&byte| byte == b'\n').filter_map(mapping) {
        if (start..end).contains(&address) {
            is_in_random = match path {
                b"" => start >= LOWEST,
                b"[heap]" => start > end_before,
                _ => false,
            };
        } else if path == b"[stack]" {
            is_stack_random = !end.is_power_of_two() && !end.saturating_add(4096).is_power_of_two();
        }
        end_before = end;
    }
    is_in_random && is_stack_random
}

/// Where a mapping begins and ends, and its path or name.
fn mapping(line: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (range, _, path) = fields(line)?;
    let (start, end) = std::str::from_utf8(range).ok()?.split_once('-')?;
    let [start, end] = [start, end].map(|number| u64::from_str_radix(number, 16).ok());
    Some((start?, end?, path))
}

fn mapped(line: &[u8]) -> Option<Mapped<'_>> {
    let (_, permissions, path) = fields(line)?;
    let is_code = permissions.get(2) == Some(&b'x');
    let whole = path.strip_suffix(DELETED);
    let (path, is_gone) = (whole.unwrap_or(path), whole.is_some());
    (is_code && path.starts_with(b"/")).then_some(Mapped { path, is_gone })
}

/// Addresses, permissions and path of a line
/// `7f0c-7f0d r-xp 00000000 08:01 1234    /usr/lib/libssl.so.3 (deleted)`.
fn fields(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    Some((fields.next()?, fields.next()?, fields.nth(3)?.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_random_unless_the_program_or_the_kernel_fixes_it() {
        let random = "7ffc4a1d2000-7ffc4a1f3000 rw-p 00000000 00:00 0    [stack]";
        for (address, stack, is_it) in [
            // A mapping of the C library's.
            (0x7f0c_1234_5a20, random, true),
            (0x7f0c_1234_5a20, "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0    [stack]", false),
            (
                0x7f0c_1234_5a20,
                "fffffffdf000-1000000000000 rw-p 00000000 00:00 0    [stack]",
                false,
            ),
            (0x7f0c_1234_5a20, "7ffc4a1d2000-7ffc4a1f3000 rw-p 00000000 00:00 0 ", false),
            // The program's data, with a file and beyond it.
            (0x40_41a0, random, false),
            (0x40_51a0, random, false),
            // A heap behind it, and one by itself.
            (0x40_61a0, random, false),
            (0x3cdc_8660, random, true),
            (0x1000, random, false),
        ] {
            let maps = format!(
                "00404000-00405000 rw-p 00003000 08:01 12    /a\n\
                 00405000-00406000 rw-p 00000000 00:00 0 \n\
                 00406000-00407000 rw-p 00000000 00:00 0    [heap]\n\
                 3cdc8000-3cdea000 rw-p 00000000 00:00 0    [heap]\n\
                 7f0c12345000-7f0c12348000 rw-p 00000000 00:00 0 \n{stack}\n"
            );
            assert_eq!(is_random(address, maps.as_bytes()), is_it, "{address:x} {stack}");
        }
        assert!(!is_random(0, b"x-y [stack]\n\n-"));
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
