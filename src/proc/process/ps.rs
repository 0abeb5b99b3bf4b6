//! State and command line as `ps` shows them in its columns `STAT` and `ARGS`.

use super::Process;
use crate::kernel::cmdline::joined;
use crate::kernel::file::File;
use crate::kernel::ps;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// The letter of its state and the flags behind it: `Ss`, `R<l+`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn ps_stat(&mut self) -> Fact<String> {
        let stat = self.stat()?;
        let mut status = Vec::new();
        self.read_whole(File::Status, &mut status)?;
        Ok(ps::column(&stat, ps::has_locked(&status)))
    }

    /// Whether that fits; a further file is read only if locked pages make a difference.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn ps_stat_fits(&mut self, fits: impl Fn(&[u8]) -> bool) -> Fact<bool> {
        let stat = self.stat()?;
        let [without, with] =
            [false, true].map(|locked| fits(ps::column(&stat, locked).as_bytes()));
        if without == with { Ok(with) } else { self.ps_stat().map(|stat| fits(stat.as_bytes())) }
    }

    /// The arguments, joined by spaces and without blanks at either end. A process without
    /// arguments is shown by its name: `[kthreadd]`, and a zombie as `[name] <defunct>`.
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
