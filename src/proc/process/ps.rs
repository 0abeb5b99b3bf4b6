//! State and command line as `ps` shows them, for who is used to its columns `STAT` and `ARGS`.

use super::Process;
use crate::kernel::cmdline::joined;
use crate::kernel::file::File;
use crate::kernel::ps::Flags;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// The letter of its state and the flags behind it: `Ss`, `R<l+`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn ps_stat(&mut self) -> Fact<String> {
        let state = char::from(self.stat()?.state);
        let (mut stat, mut status) = (Vec::new(), Vec::new());
        self.read_whole(File::Stat, &mut stat)?;
        self.read_whole(File::Status, &mut status)?;
        let flags = Flags::parse(&stat, &status);
        let flags = flags.ok_or_else(|| self.malformed(File::Stat, stat.is_empty()))?;
        Ok(format!("{state}{flags}"))
    }

    /// The arguments, joined by spaces and without blanks at either end. What has none is shown by its
    /// name: `[kthreadd]`, and a zombie as `[name] <defunct>`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn ps_command(&mut self) -> Fact<Vec<u8>> {
        let line = joined(self.cmdline()?).trim_ascii().to_vec();
        if !line.is_empty() {
            return Ok(line);
        }
        let ending: &[u8] = if self.is_alive()? { b"]" } else { b"] <defunct>" };
        Ok([b"[", self.comm()?.as_bytes(), ending].concat())
    }
}
