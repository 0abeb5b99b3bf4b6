//! Whether a process listens on the network.

use std::collections::BTreeSet;

use rustix::fs::{Dir, readlinkat};
use rustix::io::Errno;

use super::Process;
use crate::kernel::file::File;
use crate::kernel::tcp::listeners;
use crate::kernel::word::parse_number;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// Whether it listens on a TCP socket that others than this host can reach. It costs a look at each
    /// descriptor and at each socket of its network namespace.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn listens_on_network(&mut self) -> Fact<bool> {
        let own = self.sockets()?;
        for file in [File::Tcp, File::Tcp6] {
            let mut text = Vec::new();
            match self.read_whole(file, &mut text) {
                Ok(()) if listeners(&text).any(|inode| own.contains(&inode)) => return Ok(true),
                Ok(()) => {}
                // A kernel may lack version 6.
                Err(_) if file == File::Tcp6 => {}
                Err(missing) => return Err(missing),
            }
        }
        Ok(false)
    }

    /// The inodes of its sockets, from links such as `socket:[4711]`.
    fn sockets(&self) -> Fact<BTreeSet<u64>> {
        self.attempt(File::Descriptors, |path| {
            let directory = self.root().open_directory(path)?;
            let mut inodes = BTreeSet::new();
            for entry in Dir::read_from(&directory)? {
                // A descriptor may be closed meanwhile.
                if let Ok(link) = readlinkat(&directory, entry?.file_name(), Vec::new()) {
                    let inode = link.as_bytes().strip_prefix(b"socket:[");
                    let inode = inode.and_then(|inode| parse_number(inode.strip_suffix(b"]")?));
                    inodes.extend(inode);
                }
            }
            Ok::<_, Errno>(inodes)
        })
    }
}
