//! The security label.

use super::Process;
use crate::host::security::Label;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// The security label, from the file where its system keeps it.
    ///
    /// # Errors
    /// Gone, or hidden. Without a security system that labels processes, it is hidden.
    pub fn label(&mut self) -> Fact<Label<'_>> {
        let labelling = self.root.labelling();
        Ok(labelling.label(self.raw_label()?))
    }

    /// Whether its security system forbids it nothing, whatever the policy says: it is in a
    /// permissive SELinux domain, or its profile is in complain mode.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn is_permissive(&mut self) -> Fact<bool> {
        let labelling = self.root.labelling();
        labelling.is_permissive(self.raw_label()?)
    }

    /// No system has an empty label, or one without a type or profile.
    fn raw_label(&mut self) -> Fact<&[u8]> {
        let labelling = self.root.labelling();
        self.checked(labelling.file()?, |raw| !labelling.label(raw).domain.is_empty())
    }
}
