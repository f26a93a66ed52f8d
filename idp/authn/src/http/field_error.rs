//! An error that a form shows beside its field.

/// What is wrong with one field of a form, if anything is.
#[derive(Debug, Default)]
pub(super) struct FieldError(Option<(&'static str, String)>);

impl FieldError {
    /// An error of the field with this name.
    pub(super) fn new(field: &'static str, text: String) -> Self {
        Self(Some((field, text)))
    }

    /// The error, if it is of the field with this name.
    pub(super) fn of(&self, field: &str) -> Option<&str> {
        self.0
            .as_ref()
            .filter(|(name, _)| *name == field)
            .map(|(_, text)| text.as_str())
    }

    /// Whether there is an error.
    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}
